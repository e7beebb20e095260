## Alertas

alerts_title = Alertas
alerts_answer = Una alerta le avisa cuando un valor publicado cruza un umbral: una vez por cruce, y como mucho una vez al día por activo.
alerts_used = Usa { $used } de las { $limit } alertas que incluye { $tier }.
alerts_more = Más con un nivel superior
alerts_list = Sus alertas
alerts_none = Ninguna alerta todavía.
alert_here = Crear una alerta
alert_new_button = Crear una alerta
alert_new_title = Nueva alerta
alert_new_answer = Diga qué vigilar y cuándo. Pruébela con los últimos 90 días antes de guardarla.
alert_pause = Pausar
alert_resume = Reanudar
alert_delete = Borrar
alert_paused = Pausada por usted
alert_paused_tier = En pausa: su nivel no muestra estos valores. Seguirá cuando los muestre.
alert_paused_limit = En pausa: su nivel incluye menos alertas. Seguirá cuando haya sitio.
alert_about_list = Cada activo de { $list }
alert_mail = Correo electrónico
alert_webhook = Webhook
alert_telegram = Telegram
alert_asset = Activo (símbolo)
alert_or_list = o una lista entera
alert_measure = Qué vigilar
alert_operator = Cuándo
alert_threshold = Umbral
alert_threshold_note = En por ciento para precios, pronósticos y riesgo; de −1 a 1 para el ánimo.
alert_days = Días
alert_days_note = Para cambios, y a cuántos días mira un pronóstico.
alert_channels = Avisarme por
alert_channels_set = Configurar canales
alert_save = Guardar la alerta
alert_try = Probarla con los últimos 90 días
alert_note = Los valores se miran al publicarse un intervalo, cuatro veces al día. Tras avisar, una alerta espera a que el valor vuelva y pase un día. No es un consejo.
alert_past =
    { $n ->
        [0] No habría avisado en los últimos { $days } días.
        [one] Habría avisado una vez en los últimos { $days } días.
       *[other] Habría avisado { $n } veces en los últimos { $days } días.
    }
alert_past_unseen = Su nivel muestra solo el valor más reciente, así que no se muestra cuántas veces habría avisado.
alert_bad_about = Nombre un activo por su símbolo o elija una lista.
alert_bad_asset = Ningún activo tiene este símbolo. Búsquelo arriba por su nombre.
alert_bad_measure = Elija una medida de la lista.
alert_bad_operator = Elija por encima, por debajo o se mueve.
alert_bad_moves = «Se mueve» es para valores que son un cambio: precio, cambio del ánimo, mediana del pronóstico.
alert_bad_channels = Elija al menos un canal.
alert_bad_threshold = El umbral tiene que ser un número entre { $low } y { $high }.
alert_bad_days = Los días tienen que ser un número entero de 1 a { $most }.
alert_locked = Estos valores no forman parte de su nivel. Están incluidos en { $tier }, { $price }.
alert_limit = { $tier } incluye { $limit } alertas y ya tiene esas. Borre una o elija un nivel superior.
operator_above = está en o por encima de
operator_below = está en o por debajo de
operator_moves = se mueve
measure_label_price = Cambio del precio
measure_label_sentiment = Ánimo
measure_label_sentiment_change = Cambio del ánimo
measure_label_mentions = mensajes y artículos en 24 horas
measure_label_mentions_ratio = mensajes y artículos frente a su media de 30 días
measure_label_forecast_median = Pronóstico: mediana
measure_label_forecast_low = Pronóstico: extremo inferior (80 %)
measure_label_forecast_high = Pronóstico: extremo superior (80 %)
measure_label_var_95 = Valor en riesgo de un día, 95 %
measure_label_var_99 = Valor en riesgo de un día, 99 %
measure_price =
    { $n ->
        [one] cambio del precio desde el cierre anterior
       *[other] cambio del precio en { $n } días de bolsa
    }
measure_sentiment_change =
    { $n ->
        [one] cambio del ánimo en un día
       *[other] cambio del ánimo en { $n } días
    }
measure_forecast_median =
    { $n ->
        [one] mediana del pronóstico para el próximo día de bolsa
       *[other] mediana del pronóstico a { $n } días de bolsa
    }
measure_forecast_low =
    { $n ->
        [one] extremo inferior del intervalo del 80 % para el próximo día de bolsa
       *[other] extremo inferior del intervalo del 80 % a { $n } días de bolsa
    }
measure_forecast_high =
    { $n ->
        [one] extremo superior del intervalo del 80 % para el próximo día de bolsa
       *[other] extremo superior del intervalo del 80 % a { $n } días de bolsa
    }
alert_rule_above = { $measure } en { $threshold } o más
alert_rule_below = { $measure } en { $threshold } o menos
alert_rule_moves = { $measure } de { $threshold } o más, al alza o a la baja
alert_fired = { $name } ({ $symbol }): { $measure } es { $value }. Su alerta: { $rule }.
alert_subject = Alerta: { $symbol } { $value }
alert_as_of = A fecha de { $at }, intervalo { $slot }.
alert_open = Abrir la página del activo
alert_manage = Cambiar sus alertas
receipts_title = Lo que se envió
receipts_none = Nada todavía.
receipt_at = Cuándo
receipt_what = Qué
receipt_value = Valor
receipt_channel = Canal
alert_receipt_state = Estado
receipt_tries = Intentos
receipt_code = Respuesta
receipt_sent = enviada
receipt_failed = abandonada
receipt_queued = en espera

## Avisos

notify_title = Avisos
notify_answer = Qué le enviamos, adónde y cuándo. Los correos sobre su cuenta se envían siempre.
notify_mails = Correo electrónico
notify_which = Enviarme
notify_alerts = Alertas
notify_report = El informe semanal
notify_language = Idioma
notify_weekday = Informe el
notify_hour = a las (UTC)
notify_save = Guardar
notify_bad = Elija un idioma, un día y una hora de las listas.
weekday_monday = lunes
weekday_tuesday = martes
weekday_wednesday = miércoles
weekday_thursday = jueves
weekday_friday = viernes
weekday_saturday = sábado
weekday_sunday = domingo
webhook_title = Webhook
webhook_url = Dirección
webhook_set = Fijar el webhook
webhook_delete = Borrar el webhook
webhook_secret_once = Este es el secreto del webhook. Cópielo ahora: no se vuelve a mostrar.
webhook_note = Enviamos JSON por https. La cabecera Quarterday-Signature lleva t, el instante en segundos, y v1, el HMAC-SHA256 de «t.cuerpo» con su secreto en hexadecimal; rechace un t de hace más de cinco minutos. Quarterday-Delivery es igual en cada intento. Responda con 2xx en cinco segundos; no seguimos redirecciones. Fijar una dirección crea un secreto nuevo.
webhook_malformed = Esto no es una dirección web, o lleva un nombre y una contraseña. Escríbala como https://hooks.example.org/quarterday.
webhook_not_https = La dirección tiene que empezar por https://.
webhook_inside = Esta dirección no lleva a la internet abierta, así que no se le puede enviar nada.
webhook_no_key = Ahora no se puede configurar un webhook, porque su secreto no podría guardarse aquí con seguridad. No se ha cambiado nada; avísenos, por favor.
webhook_unresolved = No se encontró el nombre de esta dirección. Revíselo e inténtelo de nuevo.
telegram_title = Telegram
telegram_link = Enlazar un chat
telegram_unlink = Desenlazar el chat
telegram_none = No hay ningún chat enlazado.
telegram_linked = Hay un chat enlazado desde el { $at }.
telegram_send = Envíe esto a nuestro bot en quince minutos; sirve una vez:
