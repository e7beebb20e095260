## Registering

register_title = Crear una cuenta
register_lead = Una cuenta es gratuita y solo necesita una dirección y una contraseña. Le enviamos un enlace; la cuenta empieza cuando lo abre.
register_button = Crear la cuenta
register_have = ¿Ya tiene cuenta? Inicie sesión
register_sent_title = Mire su correo
register_sent = Hemos escrito a esta dirección. Abra el enlace del mensaje para continuar; vale durante 24 horas. ¿No llegó nada? Mire en el correo no deseado o regístrese otra vez.
confirm_title = Confirme su dirección
confirm_lead = Escriba la contraseña que eligió. Así sabemos que fue usted quien se registró, y se inicia la sesión.
confirm_button = Confirmar e iniciar sesión
confirm_wrong = No es la contraseña que se eligió al registrarse. ¿Usó otra persona su dirección? Entonces cierre esta página: no pasa nada.
link_ended = Este enlace ya no vale: se usó, es demasiado antiguo o está incompleto. Pida uno nuevo.

## Signing in

sign_in_title = Iniciar sesión
sign_in_button = Iniciar sesión
sign_in_none = ¿Aún sin cuenta? Regístrese
sign_in_forgotten = ¿Olvidó su contraseña?
sign_in_wrong = La dirección y la contraseña no van juntas. No se cambió nada; inténtelo otra vez.
code_title = Su código
code_lead = Esta cuenta pide además un código al iniciar sesión.
code_wrong = Este código no vale: está mal escrito, es demasiado antiguo o ya se usó. Espere al siguiente.
code_back = Empezar de nuevo
field_email = Dirección de correo
field_password = Contraseña
field_code = Código
field_code_note = Seis cifras de su aplicación, o uno de sus códigos de recuperación.

## Passwords

password_rule = Al menos { $count } caracteres. Unas palabras sin relación se recuerdan mejor que un acertijo. Puede pegarla.
password_short = La contraseña tiene menos de { $count } caracteres.
password_long = La contraseña tiene más de { $count } bytes.
password_guessable = La contraseña se adivina con facilidad: está hecha de palabras comunes, de pocos caracteres o de su dirección.
password_breached = Esta contraseña se conoce por una filtración en otro lugar. Elija una que no use en ningún otro sitio.
email_bad = Esto no es una dirección de correo.
email_looks_like = Esta dirección tiene letras que parecen otras, así que no se distingue de la de otra persona. Use una con letras de un solo alfabeto.
reset_title = Contraseña nueva
reset_lead = Escriba su dirección. Si tiene cuenta, le enviamos un enlace que vale una hora.
reset_button = Enviar el enlace
reset_sent_title = Mire su correo
reset_sent = Si esta dirección tiene cuenta, va en camino un enlace para una contraseña nueva. Vale una hora.
reset_new_lead = Elija una contraseña nueva. Se cierran todas las sesiones de esta cuenta.
reset_new_button = Guardar la contraseña nueva
reset_again = Pedir otro enlace

## The account

account_edit = Cambiar
account_back = Volver a la cuenta
role_support = Atención al cliente
role_admin = Administración
role_ml = Aprendizaje automático
role_operator = Operaciones
again_title = Su contraseña otra vez
again_lead = Lo que va a hacer es importante, por eso pedimos de nuevo su contraseña. Vale durante un cuarto de hora.
again_button = Continuar
again_wrong = La contraseña o el código no es correcto. No se cambió nada.
password_title = Cambiar la contraseña
password_lead = Se cierra la sesión en todos los demás dispositivos.
password_button = Cambiar la contraseña
field_present = Contraseña actual
field_new_password = Contraseña nueva
email_title = Cambiar la dirección
email_lead = Su dirección es { $email }. Enviamos un enlace a la nueva, que vale en cuanto lo abra, y un aviso a la actual.
email_button = Enviar el enlace
email_sent = Hemos escrito a las dos direcciones. Abra antes de una hora el enlace del mensaje a la nueva.
email_confirm_lead = ¿Usar esta dirección? Se cierra la sesión en los demás dispositivos.
email_confirm_button = Usar esta dirección
field_new_email = Dirección nueva
devices_title = Dispositivos
devices_lead = Dónde tiene la sesión iniciada. Cierre lo que no conozca y cambie su contraseña.
devices_current = este dispositivo
devices_address = Desde
devices_began = desde el
devices_seen = visto por última vez
devices_end = Cerrar sesión
devices_end_all = Cerrar sesión en todas partes
device_words = { $browser } en { $system }
device_unknown = Dispositivo desconocido
export_title = Llevarse todo (JSON)

## Two steps

two_step_title = Código al iniciar sesión
two_step_is_on = activado
two_step_is_off = desactivado
two_step_lead = Con un código de una aplicación de su teléfono, la contraseña sola no deja entrar a nadie.
two_step_scan = Apunte con su aplicación de códigos a esta imagen.
two_step_picture = Código QR para su aplicación. La misma clave está debajo como texto.
two_step_manual = ¿Sin cámara? Escriba esta clave:
two_step_first = Escriba el código que muestra la aplicación
two_step_start = Activar
two_step_on_lead = Al iniciar sesión se pide un código de su aplicación.
two_step_left = { $n ->
    [0] No queda ningún código de recuperación. Cree otros nuevos.
    [one] Queda un código de recuperación.
   *[other] Quedan { $n } códigos de recuperación.
}
two_step_codes = Sus códigos de recuperación
two_step_codes_once = Cada uno le deja entrar una vez si pierde el teléfono. Apúntelos ahora: solo se muestran esta vez.
two_step_renew = Crear códigos de recuperación nuevos
two_step_stop = Desactivar

## Erasing

erase_title = Borrar la cuenta
erase_lead = Dentro de { $days } días, el { $day }, se borra todo lo que le nombra. Hasta entonces basta con iniciar sesión para anularlo.
erase_more = La sesión se cierra enseguida en todas partes. Se van la dirección, las listas, las alertas, las claves y los mensajes; lo que pagó se guarda mientras lo exija la ley fiscal. Antes hay que cancelar la suscripción en curso.
erase_note = Escriba su dirección, para que no ocurra por descuido.
erase_button = Borrar mi cuenta
erase_subscribed = Hay una suscripción en curso. Cancélela antes, para que no se cobre nada a una cuenta que ya no existe. No se cambió nada.
erase_wrong = No es la dirección de esta cuenta. No se cambió nada.
erase_sent = La sesión está cerrada. La cuenta se borra a los 30 días; inicie sesión antes si cambia de idea.

## Mails

mail_confirm_subject = Confirme su dirección
mail_confirm = Alguien se registró en Quarterday con esta dirección. Si fue usted, abra el enlace y escriba la contraseña que eligió. Vale durante 24 horas. Si no fue usted, no haga nada.
mail_confirm_link = Confirmar la dirección
mail_known_subject = Ya tiene una cuenta
mail_known = Alguien quiso usar esta dirección, o una que se le parece, para una cuenta en Quarterday. Ya tiene una cuenta, así que no se cambió nada. Si fue usted y no recuerda la contraseña, elija una nueva.
mail_reset_subject = Una contraseña nueva
mail_reset = Alguien pidió una contraseña nueva para su cuenta. Si fue usted, abra el enlace antes de una hora. Si no, no haga nada: su contraseña sigue como está.
mail_reset_link = Elegir una contraseña nueva
mail_email_subject = Confirme su dirección nueva
mail_email = Alguien quiere que esta sea la dirección de su cuenta en Quarterday. Si fue usted, abra el enlace antes de una hora, en un dispositivo con la sesión iniciada.
mail_email_link = Confirmar la dirección
notice_where = { $at }, { $device }, { $address }.
notice_not_you = ¿No fue usted? Elija enseguida una contraseña nueva; así se cierran todas las sesiones.
notice_reset = Elegir una contraseña nueva
notice_new_device_subject = Dispositivo nuevo
notice_new_device = Alguien inició sesión en su cuenta con un dispositivo o desde una red que no habíamos visto.
notice_password_changed_subject = Se cambió su contraseña
notice_password_changed = Se cambió la contraseña de su cuenta. Se cerró la sesión en todos los demás dispositivos.
notice_password_reset_subject = Se cambió su contraseña
notice_password_reset = Se eligió una contraseña nueva con el enlace de un mensaje. Se cerró la sesión en todos los dispositivos.
notice_email_asked_subject = Se pidió otra dirección
notice_email_asked = Alguien con la sesión iniciada en su cuenta pidió otra dirección. Cambia cuando se abra el enlace del mensaje a esa dirección.
notice_email_changed_subject = Se cambió su dirección
notice_email_changed = Su cuenta tiene ahora otra dirección, y esta ya no le pertenece. Si no fue usted, responda a este mensaje.
notice_two_step_on_subject = Códigos activados
notice_two_step_on = Al iniciar sesión en su cuenta se pide ahora un código de su aplicación. Guarde los códigos de recuperación.
notice_two_step_off_subject = Códigos desactivados
notice_two_step_off = Al iniciar sesión en su cuenta ya no se pide un código.
notice_recovery_used_subject = Se usó un código de recuperación
notice_recovery_used = Se usó uno de sus códigos de recuperación. No vale otra vez.
notice_recovery_renewed_subject = Códigos de recuperación nuevos
notice_recovery_renewed = Se crearon códigos de recuperación nuevos; los anteriores ya no valen.
notice_exported_subject = Se descargaron sus datos
notice_exported = Alguien con la sesión iniciada en su cuenta descargó todo lo que guardamos sobre usted.
notice_erasure_asked_subject = Su cuenta se borrará
notice_erasure_asked = Su cuenta se borrará el { $day }. Inicie sesión antes y se quedará. Este es el último mensaje sobre ello.
notice_erasure_cancelled_subject = Su cuenta se queda
notice_erasure_cancelled = Inició sesión, así que su cuenta no se borrará.
