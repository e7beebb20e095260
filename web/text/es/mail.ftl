## Correos y buzón local

mail_unsubscribe = Darse de baja
mail_footer = Recibe este correo porque lo pidió. Describe cifras publicadas; no es un consejo.
mail_footer_account = Recibe este mensaje porque trata de su dirección o de su cuenta en Quarterday; no se puede desactivar.
mailbox_title = Buzón local
mailbox_answer = Este es un buzón local: nada sale de esta máquina. No hay servidor de correo, así que los correos se muestran aquí en vez de enviarse.
mailbox_subject = Asunto
mailbox_to = Para
mailbox_at = Escrito
mailbox_waiting = en espera
mailbox_none = Todavía no se ha escrito ningún correo.
mailbox_attachment = Adjunto
unsubscribe_title = Darse de baja
unsubscribe_ask_report = ¿Dejar de recibir el informe semanal por correo?
unsubscribe_ask_alert = ¿Dejar de recibir alertas por correo? Las alertas siguen; los otros canales no cambian.
unsubscribe_done_report = Hecho: no recibirá más informes semanales por correo.
unsubscribe_done_alert = Hecho: no recibirá más alertas por correo.
unsubscribe_button = Darse de baja
unsubscribe_settings = Cambiar lo que le enviamos
