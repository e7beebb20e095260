## Recibos

why_short = ¿Por qué?
why_outcomes = ¿Por qué? Los pronósticos que hay detrás
why_receipt = ¿Por qué? El recibo
receipt_title = Recibo
receipt_lead = Todo lo que hay detrás del valor publicado: de qué está hecho, quién lo calculó y cuándo, y cómo probar que no se cambió.
receipt_values = Valor
receipt_price = Precios
receipt_stated = Dados por última vez por el turno que cerró
receipt_market = El ánimo del mercado como suma
receipt_market_text = Cada activo suma su nota por su parte de todos los mensajes y artículos, sin ruido.
receipt_market_note = El recibo de cada activo enumera los documentos que hay detrás de su nota. Precios, pronósticos y riesgo tienen recibos propios, en las páginas de cada activo.
receipt_sentiment = Sentimiento
receipt_forecast = Pronóstico
receipt_risk = Valor en riesgo
receipt_signal = Señal
receipt_corrected = Una versión más nueva de este turno corrige esta. Se guardan las dos.
receipt_nothing = No se publicó nada de esto
receipt_score = Puntuación
receipt_interval = Intervalo del 95 %
receipt_documents = Documentos
receipt_counts = { $posts } mensajes, { $articles } artículos
receipt_noise = Apartados como ruido
receipt_model = Modelo
receipt_horizon = Pronóstico
receipt_forecast_line = { $day }: mediana { $median }, intervalo del 80 % de { $low } a { $high }
receipt_risk_line = { $confidence }: { $risk } ± { $error } (Montecarlo), { $simulations } simulaciones, { $returns } rendimientos, semilla { $seed }
receipt_bars = Precios diarios
receipt_bars_line = { $count } días, del { $first } al { $last }
receipt_documents_title = Documentos y sus pesos
receipt_weights =
    { $n ->
        [one] Este documento aporta { $share } de la puntuación.
       *[other] Estos { $count } documentos aportan { $share } de la puntuación.
    }
receipt_lock_documents = Los mensajes y artículos que hay detrás de una puntuación, cada uno con su peso.
receipt_document = Documento
receipt_kind = Tipo
receipt_weight = Peso
receipt_post = Mensaje
receipt_article = Artículo
receipt_run = La ejecución
receipt_version = versión
receipt_published = Publicado
receipt_manifest = Manifiesto, sha256
receipt_seal = Sello de los pronósticos
receipt_seal_number = N.º
receipt_seal_late = sellado tarde, nunca se evalúa
receipt_stage = Etapa
receipt_state = Estado
receipt_attempt = Intento
receipt_began = Empezó
receipt_took = Duró
receipt_inputs = Leyó
receipt_no_stages = El registro no tiene tiempos de esta ejecución.
receipt_no_lineage = Este turno se publicó antes de que se guardaran los manifiestos con él.
receipt_api = Para programas:
receipt_trace = Traza

## Archivos para llevarse

files_section = Archivos
files_label = Archivos:
files_locked = CSV viene con Basic, Parquet con Plus
file_bars = Barras
file_indicators = Indicadores
file_sentiment = Sentimiento por turno
file_documents = Mensajes y titulares
file_forecast = Pronóstico
file_signals = Señales
file_risk = Riesgo
receipt_accepts_value = value es sentiment, price, forecast, risk o signal
receipt_accepts_slot = slot se escribe como 2026-11-21T06Z: el día y la hora 00, 06, 12 o 18 en UTC
receipt_accepts_version = version es un número entero a partir de 1
