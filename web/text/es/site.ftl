## Frame

brand_tag = Inteligencia de mercado, cuatro veces al día
skip_link = Saltar al contenido
nav_label = Principal
nav_today = Hoy
nav_record = Historial
nav_pricing = Precios
nav_method = Método
nav_sign_in = Entrar
nav_register = Registrarse
nav_account = Cuenta
search_label = Buscar un activo
search_hint = Nombre o símbolo
search_button = Buscar
sandbox_strip = Datos de prueba: inventados o grabados, no el mercado en vivo
as_of_label = A fecha de
slot_label = turno
coverage_label = Fuentes
coverage_none = No consta ninguna fuente en este turno
source_whole = completa
source_gap = incompleta
source_gap_since = incompleta; último registro { $at }
coverage_missing = Activos sin análisis completo:
corrected_version = corregido, versión { $version }
footer_advice = Quarterday describe; no aconseja. Nada de esto es una oferta ni una recomendación.
footer_looks = Aspecto
theme_label = Tema
theme_system = Como el sistema
theme_light = Claro
theme_dark = Oscuro
colours_label = Subida y bajada
colours_safe = Azul y naranja
colours_classic = Verde y rojo
lang_label = Idioma
save_button = Aplicar

## Words for values

direction_up = sube
direction_down = baja
direction_flat = sin cambio
too_few = muy pocos documentos
interval = { $low } a { $high }
mood_neutral = neutro
mood_undecided = sin dirección clara
mood_slightly_positive = ligeramente positivo
mood_positive = positivo
mood_strongly_positive = muy positivo
mood_slightly_negative = ligeramente negativo
mood_negative = negativo
mood_strongly_negative = muy negativo

## Front page

home_title = El ánimo del mercado hoy
home_answer = El ánimo del mercado es { $mood } ({ $score } ± { $half }), según { $documents } mensajes y artículos sobre { $assets } activos.
home_few = Hay muy pocos mensajes y artículos en este turno para hablar de un ánimo.
home_empty_title = Aún no hay ningún turno publicado
home_empty_text = El primer análisis aparecerá aquí en cuanto acaben sus seis horas y se hayan procesado. No hay ningún fallo; vuelva un poco más tarde.
home_rows = Lo más mencionado en las últimas 24 horas
home_moves = Qué ha cambiado desde el último turno
home_moves_note = Solo ánimos cuyos intervalos del 95 % ya no se solapan.
home_moves_none = Ningún ánimo se ha movido más de lo esperable por azar.
home_pages = Páginas de la lista
home_more_mentioned = ← Más mencionados
home_less_mentioned = Menos mencionados →
home_hidden = Se han analizado { $count } activos más.
home_hidden_link = Véalos todos con Basic
home_register = Gratis: los diez activos más mencionados y, al registrarse, una alerta.
column_asset = Activo
column_price = Último cierre
column_change = Cambio
column_trend = 30 días
column_mood = Ánimo, intervalo 95 %
column_mentions = Mensajes y artículos
mentions_more = más que el día anterior
mentions_fewer = menos que el día anterior
score_scale = de −1 a +1

## An asset

asset_title = { $name } ({ $symbol })
answer_mood = ánimo { $mood } ({ $score }, intervalo del 95 % { $interval }, { $documents } mensajes y artículos)
answer_few = muy pocos mensajes y artículos para hablar de un ánimo ({ $documents })
answer_price = precio { $change } desde el cierre del { $day }
answer_outlook = próximos cinco días de mercado { $low } a { $high } (intervalo del 80 %)
answer_locked = El análisis de este activo forma parte de un nivel de pago.
answer_nothing = Aún no se ha publicado nada sobre este activo.
class_equity = Acción
class_crypto = Cripto
class_fx = Par de divisas
class_index = Índice
sections_label = Secciones
section_overview = Resumen
section_price = Precio
section_sentiment = Sentimiento
section_news = Noticias y mensajes
section_outlook = Perspectiva
section_risk = Riesgo
section_why = ¿Por qué?
price_chart = Precios diarios y volumen negociado
price_none = Aún no se han publicado precios de este activo.
price_last = Último cierre, { $day }
sentiment_chart = Sentimiento turno a turno, con su intervalo del 95 %
sentiment_none = Nadie ha escrito sobre este activo en este turno.
sentiment_documents = Mensajes y artículos que lo sustentan
sentiment_noise = Descartados como ruido (copias, reenvíos, campañas, bots)
sentiment_raw = Con el ruido incluido
sentiment_model = Modelo
sentiment_now = Este turno
news_articles = Artículos
news_posts = Mensajes
news_none = Ningún artículo en lo que puede ver.
posts_none = Ningún mensaje en lo que puede ver.
post_withheld = La fuente no permite mostrar este texto; cuenta en la puntuación.
document_score = puntuación
outlook_chart = Cinco días de mercado: nuestros intervalos junto a los del paseo aleatorio
outlook_none = No se ha publicado ningún pronóstico para este activo: muy pocos precios.
outlook_day = Día
outlook_median = Mediana
outlook_eighty = Intervalo 80 %
outlook_ninety_five = Intervalo 95 %
outlook_walk = Paseo aleatorio, 80 %
skill_better = En { $count } pronósticos pasados a cinco días el modelo acertó más que el paseo aleatorio: ventaja { $skill }, intervalo del 95 % { $interval }.
skill_no_better = En { $count } pronósticos pasados a cinco días no se ha demostrado que ningún modelo supere al paseo aleatorio (ventaja { $skill }, intervalo del 95 % { $interval }).
skill_unknown = Muy pocos precios para comparar un modelo con el paseo aleatorio: se muestran los intervalos del propio paseo.
signals_title = Señales
signals_note = Una descripción de lo que dicen las cifras, no un consejo.
signal_forecast = Pronóstico
signal_average = Medias móviles
signal_up = apunta al alza
signal_down = apunta a la baja
signal_none = sin dirección
risk_title = Lo que puede costar un día
risk_confidence = Confianza
risk_var = Valor en riesgo
risk_error = Error de Monte Carlo
risk_shortfall = Pérdida esperada en la cola
risk_closed = Fórmula cerrada
risk_historical = Histórico
risk_none = Muy pocos precios para indicar un riesgo.
risk_simulated = { $simulations } simulaciones ajustadas a { $returns } rendimientos diarios, semilla { $seed }. Una pérdida es positiva.
why_text = Cada cifra se apoya en los mensajes, artículos y precios de este turno, en el modelo indicado y en nada recogido después.
why_link = Cómo lo calculamos
chart_table = Tabla
chart_loading = Cargando el gráfico…
months_short = ene feb mar abr may jun jul ago sep oct nov dic
chart_failed = No se ha podido cargar el gráfico. Recargue la página para intentarlo de nuevo.
chart_no_script = El gráfico necesita JavaScript.
chart_credit = Gráficos de
# Headers of the table under a chart, parted by |
headers_price = Día|Apertura|Máximo|Mínimo|Cierre|Volumen
headers_sentiment = Turno|Puntuación|Límite inferior|Límite superior|Documentos
headers_forecast = Día|Mediana|80 % Mínimo|80 % Máximo|95 % Mínimo|95 % Máximo|Paseo, inferior|Paseo, superior
legend_80 = 80 %
legend_95 = 95 %
legend_walk = Paseo aleatorio, 80 %

## Locked

lock_price = Precios diarios y volumen de cada activo que seguimos.
lock_sentiment = Lo que se escribe sobre este activo, puntuado, con su intervalo.
lock_news = Titulares y mensajes que sustentan la puntuación, con sus enlaces.
lock_predictions = Dónde puede estar el precio en cada uno de los próximos cinco días de mercado, junto a un paseo aleatorio, y señales con sus razones.
lock_risk = Lo que puede costar un día con un 95 y un 99 % de confianza, con el error de la simulación.
lock_posts = Los mensajes que sustentan la puntuación y siete días de noticias.
lock_history = Cómo se llegó a este ánimo: siete días, turno a turno.
lock_from = Desde { $tier }, { $price }
lock_with = Incluido en
lock_button = Ver los niveles
price_a_month = { $price } al mes

## Pricing

pricing_title = Precios
pricing_answer = Lea gratis los diez activos más mencionados; pague para verlos todos, lo que hay detrás y lo que puede venir.
pricing_monthly = al mes
pricing_yearly = al año: el precio de diez meses
pricing_free = Gratis, el tiempo que quiera
pricing_current = Su nivel
pricing_soon = Por ahora los niveles de pago se abren a mano; escríbanos después de registrarse.
pricing_register = Registrarse gratis
pricing_public = El historial es público: ningún nivel oculta cuántas veces acertamos.
plan_price = Precios { $of }
plan_sentiment = Sentimiento { $of }
plan_news = Noticias { $of }
plan_predictions = Pronósticos, señales y riesgo { $of }
plan_of_ranked = de los { $count } activos más mencionados
plan_of_all = de todos los activos
plan_depth_latest = último valor
plan_depth_headlines = titulares
plan_depth_days = { $days } días
plan_depth_full = historial completo
plan_alerts = Alertas: { $count }
plan_api_calls = Llamadas a la API al día: { $count }

## Track record

record_title = Historial
record_empty = Aún no ha vencido ningún pronóstico. Cada uno se guarda y se puntúa aquí cuando llega su día, sea cual sea el resultado.
record_better = En { $count } pronósticos a { $horizon } día acertamos más que un paseo aleatorio (ventaja { $skill }); el { $inside } de los resultados cayó dentro del intervalo del 80 %.
record_worse = En { $count } pronósticos a { $horizon } día acertamos menos que un paseo aleatorio (ventaja { $skill }); el { $inside } de los resultados cayó dentro del intervalo del 80 %.
record_same = En { $count } pronósticos a { $horizon } día no nos distinguimos de un paseo aleatorio (ventaja { $skill }); el { $inside } de los resultados cayó dentro del intervalo del 80 %.
record_early = Hasta ahora han vencido { $count } pronósticos a { $horizon } día: muy pocos días para distinguir acierto de suerte (ventaja { $skill }); el { $inside } de los resultados cayó dentro del intervalo del 80 %.
record_too_few_days = muy pocos días
record_horizon = Días vista
record_forecasts = Pronósticos
record_error = Nuestro error medio
record_walk_error = El del paseo aleatorio
record_skill = Ventaja
record_interval = Intervalo 95 %
record_inside_80 = Dentro del 80 %
record_inside_95 = Dentro del 95 %
record_table = Por horizonte
record_list = Todos los resultados, los más recientes primero
record_day = Día
record_said = Dijimos (80 %)
record_was = Fue
record_held = Intervalo cumplido
record_yes = sí
record_no = no
record_closer = Más cerca que el paseo
record_note = Cuenta la primera versión de cada turno, para que ningún pronóstico pueda arreglarse después. Los intervalos cuentan días, no pronósticos, porque los de un mismo día yerran juntos.

## Method

methodology_title = Cómo trabajamos
methodology_answer = Cuatro veces al día recogemos lo que dicen personas y medios, lo puntuamos, miramos los precios y decimos qué puede venir y con qué seguridad.
method_slot_title = Un turno son seis horas
method_slot = Cierra a las 00, 06, 12 y 18 horas UTC. Un análisis solo ve lo recogido antes del cierre. Lo publicado no se reescribe: una corrección es una versión nueva al lado, y lo dice.
method_sentiment_title = Sentimiento
method_sentiment = Cada mensaje y artículo que nombra un activo recibe una puntuación de −1 a +1. Duplicados, casi copias, reenvíos, campañas coordinadas y bots se marcan como ruido y no entran en la media; se muestra cuántos son. Con menos de cinco documentos no hay puntuación, solo «muy pocos». El intervalo es del 95 %.
method_forecast_title = Pronósticos
method_forecast = Para uno a cinco días de mercado damos una mediana y dos intervalos y, al lado, los de un paseo aleatorio. Un modelo se usa solo donde superó al paseo aleatorio en días que no había visto; si no, se muestra el paseo, y lo decimos.
method_record_title = El historial
method_record = Cada pronóstico de la primera versión de un turno se compara con el cierre de su día; si el mercado estaba cerrado, con el del siguiente día de mercado. Aciertos y fallos se muestran por igual.
method_risk_title = Riesgo
method_risk = El valor en riesgo se simula; a su lado están su error de Monte Carlo, la fórmula cerrada y la cifra histórica. Una pérdida es positiva.
method_sources_title = Fuentes
method_sources = Bajo cada título consta qué fuentes estaban completas. Una fuente que no permite mostrar sus textos se cuenta pero no se cita. De los artículos mostramos titular, medio y enlace.

## Accounts

account_title = Cuenta
account_tier = Nivel
account_email = Dirección
account_since = Registrada el
account_change = Ver los niveles
account_sign_out = Salir

## Search

search_title = Buscar
search_none = Ningún activo tiene este símbolo, nombre o alias. Pruebe otra grafía.
search_found = Activos encontrados

## Failures

error_400_title = No se ha podido leer esta petición
error_400_text = Algo en la dirección o el formulario no es como debe. No se ha cambiado nada. Vuelva atrás e inténtelo de nuevo.
error_413_text = Lo enviado es más grande de lo que necesita cualquier formulario de aquí. No se ha cambiado nada. Envíe menos, o un texto más corto.
error_403_title = Esto se ha rechazado
error_403_text = La petición venía de otro sitio o no le corresponde. No se ha cambiado nada.
error_404_title = No existe esa página
error_404_text = Puede que la dirección esté mal escrita o que no sigamos ese activo. Búsquelo arriba.
error_429_title = Demasiados intentos
error_429_text = Para proteger las cuentas hacemos una pausa breve. No se ha cambiado nada; inténtelo dentro de un minuto.
error_500_title = Algo ha fallado por nuestra parte
error_500_text = Ha quedado registrado. Su cuenta está a salvo y no se ha cambiado nada. Inténtelo de nuevo en un momento.
error_503_title = Volvemos en un momento
error_503_text = Una parte del sitio no responde. No se ha perdido nada; inténtelo de nuevo en unos segundos.
error_home = A la portada
error_back = Volver a la página
export_accepts_format = format es csv o parquet
