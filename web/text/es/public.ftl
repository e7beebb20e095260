## The frame

nav_more = Más
nav_status = Estado
nav_glossary = Glosario
source_not_connected = no conectada
source_not_licensed = no se lee: sus condiciones no lo permiten
late_banner = El último turno se cerró a las { $at }: el siguiente lleva retraso. Lo que se muestra es a esa hora.

## Landing page

landing_title = ¿Qué es esto?
landing_lead = Cada seis horas, Quarterday lee lo que publica la gente, lo que escriben los medios y cómo se mueven los mercados, y dice de cada activo qué ánimo hay, qué hizo el precio y qué pueden traer los próximos cinco días de mercado, con su grado de certeza.
landing_assets = Activos analizados
landing_documents = Mensajes y artículos del último turno, sin ruido
landing_sources = Fuentes leídas
landing_scored = Pronósticos ya evaluados
landing_inside = De ellos, dentro de su intervalo del 80 %
landing_why_title = Cada cifra responde al «¿por qué?»
landing_why = Los mensajes, artículos y precios que hay detrás, el modelo y la ejecución están a un clic.
landing_record_title = Cada pronóstico se conserva.
landing_record = Se sella antes de su día y después se compara con un paseo aleatorio, aciertos y fallos.
landing_noise_title = El ruido se muestra, no se esconde.
landing_noise = Copias, mensajes coordinados y bots se marcan con su motivo; un interruptor muestra el ánimo con y sin ellos.
landing_error_title = Intervalos en todas partes.
landing_error = Cuando hay muy poco en qué basarse, la página lo dice en vez de dar una cifra.
landing_register = Registrarse gratis
landing_from = Niveles de pago desde { $price } al mes

## Status

status_title = Estado y cobertura
health_healthy = Correcto
health_informational = Informativo
health_degraded = Degradado
health_partial = Parcial
health_late = Con retraso
health_down = Caído
health_unknown = Desconocido
status_healthy = El último turno está publicado, con todos los activos y de todas las fuentes.
status_informational = El último turno está publicado con todos los activos; hay algo que conviene saber, como una corrección o una fuente no conectada.
status_degraded = El último turno está publicado con todos los activos, pero al menos una fuente está incompleta.
status_partial = El último turno está publicado, pero algunos activos no tienen un análisis completo.
status_late = Un turno tarda más de los 90 minutos que prometemos. Las páginas muestran el anterior.
status_down = Faltan dos turnos seguidos. Las páginas muestran lo que se sabía antes, con su hora.
status_unknown = Aún no se sabe nada, o la fuente no se lee.
status_own_clock = Son datos de prueba con reloj propio, así que no se puede decir nada del retraso.
status_promise = { $n ->
    [one] Prometemos un turno en los 90 minutos siguientes al fin de sus seis horas. Se cumplió en { $kept } del último turno; tardó { $longest } minutos.
   *[other] Prometemos un turno en los 90 minutos siguientes al fin de sus seis horas. Se cumplió en { $kept } de los últimos { $n } turnos; el más lento tardó { $longest } minutos.
}
status_sources = Fuentes en la última semana
status_source = Fuente
status_state = Estado
status_newest = Último registro
status_whole = Turnos completos
status_whole_of = { $whole } de { $all }
status_slots = Los últimos turnos
status_slot = Turno
status_published = Publicado
status_after = { $minutes } minutos después de su hora
status_slot_says = fuentes incompletas: { $gaps }, activos que faltan: { $missing }, versión { $version }
status_words = Qué significan las palabras
source_is_healthy = completa en todos los turnos
source_is_informational = completa ahora, incompleta en algún turno de la semana
source_is_partial = trae registros, no todos
source_is_degraded = no trajo nada en el último turno
source_is_down = no trae nada desde hace un día
source_is_unknown = ningún turno dice nada de ella

## Glossary

glossary_title = Glosario
glossary_answer = Las palabras de este sitio, cada una en una frase o dos.
glossary_terms = Términos
term_backtest = Simulación histórica
meaning_backtest = Lo que una regla habría ganado con precios pasados. Las nuestras operan al siguiente precio de apertura, pagan costes y dicen cuántas reglas se probaron.
term_bar = Barra
meaning_bar = Precio de apertura, máximo, mínimo y de cierre de un periodo, con el volumen negociado.
term_bollinger = Bandas de Bollinger
meaning_bollinger = Una media móvil con una banda de tantas desviaciones típicas a cada lado.
term_coverage = Cobertura
meaning_coverage = Cuánto entregó una fuente de lo que se le pidió. De un intervalo: con qué frecuencia el resultado cayó dentro.
term_document = Documento
meaning_document = Un mensaje o un artículo.
term_drawdown = Caída máxima
meaning_drawdown = Cuánto ha bajado un valor desde su punto más alto hasta entonces.
term_ema = Media móvil (SMA, EMA)
meaning_ema = La media de los últimos cierres. La exponencial (EMA) da más peso a los recientes.
term_shortfall = Pérdida esperada
meaning_shortfall = La pérdida media de los días en que la pérdida supera el valor en riesgo.
term_forecast = Pronóstico
meaning_forecast = Un rango para el precio de los próximos cinco días de mercado, con su mediana. Se sella antes de su día y se evalúa después.
term_interval = Intervalo
meaning_interval = Un rango que contiene el valor verdadero con una probabilidad dada, por ejemplo el 95 %.
term_lead = Adelanto y retraso
meaning_lead = Si una serie se mueve antes que otra. Miramos en los dos sentidos y corregimos por cuántas veces hemos mirado.
term_macd = MACD
meaning_macd = La diferencia de dos medias exponenciales, con una media de sí misma como señal.
term_mention = Mención
meaning_mention = Un documento nombra un activo: dónde, y con qué seguridad.
term_noise = Ruido
meaning_noise = Copias, casi copias, mensajes coordinados y bots. Se marcan con su motivo y no cuentan para el ánimo.
term_walk = Paseo aleatorio
meaning_walk = La suposición de que el precio de mañana es el de hoy, más el azar. Es difícil de superar, por eso cada pronóstico se compara con él.
term_receipt = Recibo
meaning_receipt = Todo lo que hay detrás de un valor publicado: documentos, barras, modelo y ejecución.
term_rsi = RSI
meaning_rsi = El índice de fuerza relativa, de 0 a 100: qué parte del movimiento reciente fue al alza. Por encima de 70 y por debajo de 30 son las líneas habituales.
term_score = Puntuación de sentimiento
meaning_score = De −1 (negativo) a +1 (positivo): la media ponderada de los documentos de un activo, con un intervalo del 95 %.
term_sharpe = Ratio de Sharpe
meaning_sharpe = Rentabilidad media dividida por su desviación típica, al año. El corregido tiene en cuenta cuántas estrategias se probaron.
term_signal = Señal
meaning_signal = Comprar, mantener o vender según una regla declarada. Es una descripción, no un consejo.
term_skill = Habilidad
meaning_skill = Cuánto menor es el error de un pronóstico que el del paseo aleatorio. Cero significa que no es mejor.
term_slot = Turno
meaning_slot = Seis horas, que llevan el nombre de la hora en que terminan (UTC).
term_stochastic = Estocástico %K y %D
meaning_stochastic = Dónde queda el cierre entre el precio mínimo y el máximo de los últimos días (%K), y su media (%D).
term_var = Valor en riesgo
meaning_var = La pérdida que no se supera con una probabilidad dada en un plazo dado, por ejemplo el 99 % en un día.
