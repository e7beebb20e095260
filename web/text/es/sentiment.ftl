## Sentiment

nav_sentiment = Sentimiento
mood_more = El ánimo en detalle: frente al precio, qué se ha descartado, de qué se compone la nota
mood_mentions_day = Mensajes y artículos, 24 horas
mood_title = Sentimiento del mercado
mood_now = Ánimo en este turno
mood_in_slot = Ánimo en el turno
mood_side_label = Con o sin ruido
mood_side_organic = Sin ruido
mood_side_raw = Con ruido
mood_raw_note = El ruido está incluido: copias, reenvíos, campañas y bots cuentan como todo lo demás. No se da ningún intervalo para esta cifra, porque esos documentos no hablan con independencia unos de otros.
mood_raw_no_interval = sin intervalo: incluye el ruido
mood_slot_choice = Turno
mood_show_button = Mostrar
mood_shares_label = Documentos positivos / negativos
mood_period_label = Periodo
mood_period_days = { $n ->
    [365] 1 año
    [1825] 5 años
   *[other] { $n } días
}
mood_history_title = Ánimo y precio
mood_history_chart = Ánimo turno a turno junto al precio, en un mismo eje de tiempo
mood_axis_price = ← Precio
mood_axis_mood = Ánimo, de −1 a +1 →
mood_axis_tone = Tono, de −1 a +1 →
mood_legend_price = Cierre ajustado (izquierda)
mood_legend_mood = Ánimo (derecha)
mood_legend_band = Intervalo del 95 %
mood_legend_raw = Con ruido
# Headers of the table under a chart, parted by |
headers_mood = Turno|Ánimo|Extremo inferior|Extremo superior|Con ruido|Documentos|Ruido|Precio
headers_market = Turno|Ánimo|Extremo inferior|Extremo superior|Con ruido|Documentos|Ruido
# Words of the read-out: price, mood, too few
chart_words_mood = precio|ánimo|muy pocos
mood_volume_title = Dónde se ha escrito
mood_volume_source = Fuente
mood_volume_kind = Tipo
mood_volume_documents = Documentos
mood_volume_noise = De ellos ruido
mood_volume_score = Nota media
mood_volume_weight = Parte en la nota
mood_volume_bars = Siete días, turno a turno
mood_volume_week = { $sum } documentos en siete días
mood_volume_note = Documentos de este turno que nombran el activo. La media y la parte no incluyen el ruido.
mood_volume_none = No se han publicado volúmenes por fuente para este turno.
mood_removed_title = Qué se ha descartado y por qué
mood_removed_of = { $removed } de { $all } documentos se han descartado como ruido.
mood_removed_reasons = Motivos
mood_removed_examples = Ejemplos
mood_removed_original = el original
mood_removed_none = Nada se ha marcado como ruido.
noise_duplicate = Copia de otro documento
noise_near_duplicate = Casi igual que otro
noise_repost = Reenvío
noise_coordinated = Campaña coordinada
noise_bot = Bot
xray_title = De qué se compone la nota
xray_text = Cada documento suma su nota por su parte. Las líneas suman la nota publicada.
xray_raw = Esta es la nota con ruido: los documentos marcados como ruido cuentan como los demás, y dicen por qué están marcados.
xray_unkept = Las partes con ruido no se guardaron para este turno. Elija «sin ruido» para ver de qué se compone la nota publicada.
xray_document = Documento
xray_score = Nota
xray_weight = Parte
xray_adds = Suma
xray_words = Palabras y sus pesos
xray_other_words = todas las demás palabras
xray_others = { $n ->
    [one] 1 documento más que se conserva.
   *[other] { $shown } documentos más que se conservan.
}
xray_gone = { $n ->
    [one] 1 documento más que no se conserva por separado
   *[other] { $shown } documentos más que no se conservan por separado
}
xray_all = Verlos todos
xray_sum = Total
xray_published = Nota publicada
xray_few = Hay muy pocos mensajes y artículos en este turno para una nota, así que no hay nada que descomponer.
xray_locked = El texto forma parte de las noticias de otro nivel; cuenta en la nota.
mood_kind_post = Mensaje
mood_kind_article = Artículo
leads_title = ¿Va el ánimo por delante del precio?
lead_source_label = Fuente del ánimo
lead_all = Todas las fuentes
lead_too_few = Muy pocos días para decirlo: { $observations } días tienen ánimo y precio.
lead_no_evidence = No hay indicios de que el ánimo vaya por delante del precio ni el precio por delante del ánimo (menor q { $q }, { $observations } días).
lead_mood_first = El ánimo ha ido por delante del precio: con más claridad { $days } días de mercado antes, correlación { $correlation } (q { $q }, { $observations } días).
lead_price_first = El precio ha ido por delante del ánimo: con más claridad { $days } días de mercado antes, correlación { $correlation } (q { $q }, { $observations } días).
lead_both = Cada uno ha ayudado a predecir el otro: con más claridad a { $days } días de mercado, correlación { $correlation } (menor q { $q }, { $observations } días).
lead_chart = Correlación entre ánimo y cambio del precio según el desfase, con intervalos del 95 %
lead_price_side = antes el precio (días)
lead_mood_side = antes el ánimo (días)
lead_lag = Desfase en días
lead_correlation = Correlación
lead_test = Prueba de Granger
lead_mood_before_price = Ánimo antes que precio
lead_price_before_mood = Precio antes que ánimo
lead_note = Un orden en el tiempo no es una causa. q es p corregida por todos los activos, fuentes y desfases examinados; solo cuenta un adelanto cuya q es pequeña.
lead_days = Días con ánimo y precio:
lead_none = No se ha calculado qué va antes, el ánimo o el precio, para este activo y esta fuente.
mood_market_history = El ánimo del mercado en el tiempo
mood_market_chart = Ánimo de todos los activos juntos, turno a turno
mood_sides_title = Lo más positivo y lo más negativo
mood_most_positive = Lo más positivo
mood_most_negative = Lo más negativo
mood_none_positive = Ningún ánimo está por encima de cero más allá del azar.
mood_none_negative = Ningún ánimo está por debajo de cero más allá del azar.
mood_sides_note = Solo ánimos cuyo intervalo del 95 % no incluye el cero.
mood_mentioned_title = Lo más mencionado
mood_classes_title = Por clase
mood_classes_assets = Activos
mood_classes_note = Medias de los activos que usted puede ver, ponderadas por sus documentos.
mood_market_volume = Dónde se ha escrito y qué se ha descartado
mood_market_volume_note = Un documento que nombra dos activos cuenta para ambos.
lock_mood_all = El ánimo de todos los activos que seguimos, no solo de los diez más mencionados.
lock_mood_behind = Cómo ha llegado hasta aquí el ánimo del mercado, qué ha cambiado, dónde se ha escrito y qué se ha descartado.
lock_behind_mood = Siete días de ánimo junto al precio, dónde se ha escrito, qué se ha descartado y por qué, y los documentos de los que se compone la nota.
lock_older_slot = Este turno queda más atrás de lo que alcanza su nivel.
lock_leads = Si el ánimo va por delante del precio: correlaciones según el desfase con intervalos, pruebas en ambos sentidos y un veredicto claro.

## Refused

mood_refused_noise = Esto no se puede leer. noise es raw u organic.
mood_refused_days = Este periodo no se puede mostrar. days es 7, 30, 90, 365 o 1825.
mood_refused_slot = Esto no es un turno. Un turno se escribe como 2026-11-21T06Z, con 00, 06, 12 o 18 horas.
mood_refused_source = Esto no es el nombre de una fuente: como mucho 64 caracteres.
mood_refused_rows = Esto no se puede leer. rows es all, o se omite.
mood_refused_query = Esta búsqueda es demasiado larga o contiene caracteres que ningún texto tiene. Escriba como mucho 200 caracteres.
mood_refused_outlet = Esto no es el nombre de un medio: como mucho 120 caracteres.
mood_refused_lang = Esto no es un idioma. Escriba dos letras, como en o es.
mood_refused_class = Esto no es una clase de activos. Es equity, crypto, fx o index.
mood_refused_day = Esto no es un día. Escríbalo como 2026-11-21.
mood_refused_range = El primer día es posterior al último. Intercámbielos.
mood_refused_tone = Esto no es un tono. Es positive, neutral o negative.
mood_refused_cursor = Esta lista no se puede continuar: la dirección se cortó o se cambió. Empiece de nuevo por el titular más reciente.
mood_refused_format = Esta forma no se ofrece. format es csv, o se omite.
mood_refused_export = Su nivel no incluye tablas para llevar, o no de estos titulares.
