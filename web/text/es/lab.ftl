## El laboratorio de VaR

lab_title = Laboratorio de VaR
lab_lead = ¿Cuánto puede costar esta posición? Elija cómo se calcula; la cifra viene con su error, su precio y su prueba.
lock_lab = El laboratorio de VaR: lo que puede perder una posición suya, simulado como quiera, con el error de la simulación.
lab_symbol = Activo
lab_symbol_hint = Uno de los activos que seguimos.
lab_on = Fecha de la señal
lab_on_hint = Vacía: el último cierre. En un día sin mercado cuenta el cierre anterior.
lab_span = Precios del { $first } al { $last }.
lab_side = Lado
lab_long = Larga: pierde cuando baja el precio
lab_short = Corta: pierde cuando sube el precio
lab_position = Posición, USD
lab_position_hint = Lo que vale en la fecha de la señal, de 1 a 1.000.000.000 de dólares.
lab_window = Longitud de la serie, rendimientos
lab_window_hint = Rendimientos diarios anteriores a la fecha, de 30 a 2500.
lab_simulations = Simulaciones
lab_simulations_hint = De 100 a 10.000.000. Con cuatro veces más, el error es la mitad.
lab_workers = Trabajadores en paralelo
lab_workers_hint = De 1 a 64 se reparten las simulaciones. La cifra es la misma.
lab_confidence = Confianza, %
lab_confidence_hint = De 90 a 99,9; 95 y 99 se muestran siempre.
lab_horizon = Horizonte, días de mercado
lab_horizon_hint = De 1 a 10.
lab_seed = Semilla
lab_seed_hint = La misma semilla da la misma cifra, con cualquier número de trabajadores y en cualquier lugar.
lab_place = Calculado en
lab_place_site = el sitio
lab_place_function = la función sin servidor
lab_place_both = ambos, uno tras otro, y comparados
lab_no_function = La función sin servidor no está conectada aquí, así que solo puede calcular el sitio.
lab_cost_line = Un segundo en { $place }: { $cost } a precio de lista. { $source }, leído el { $day }.
lab_run_button = Calcular
lab_run_hint = El cálculo se guarda con sus datos; solo usted puede verlo.
lab_method_title = Cómo se calcula
lab_method = Se ajusta una distribución normal a los rendimientos diarios hasta la fecha; en varios días su media crece con los días y su desviación con la raíz de ellos. Cada simulación sortea un resultado, y el valor en riesgo es la pérdida que se supera tan pocas veces como dice la confianza. Los sorteos están numerados y se reparten por número, así que ni los trabajadores ni el lugar cambian la cifra.
lab_wrong = No se ha calculado nada: vea los campos marcados.
lab_busy = Otro cálculo sigue en marcha. No se ha guardado nada; inténtelo dentro de un momento.
lab_bad_symbol = No es un activo que sigamos. Elija uno de la lista.
lab_bad_date = No es un día. Escríbalo como 2026-11-20 o deje el campo vacío.
lab_bad_side = Elija larga o corta.
lab_bad_position = Escriba una cantidad de { $low } a { $high } dólares, con dos decimales como mucho.
lab_bad_number = Escriba un número entero de { $low } a { $high }.
lab_too_much = Como mucho { $high } simulaciones a { $days } días: simulaciones por días se limitan a 50 millones.
lab_bad_confidence = Escriba una confianza de 90 a 99,9 por ciento.
lab_bad_place = Elija dónde calcular: el sitio, la función o ambos.
lab_no_prices = Aún no se han publicado precios de este activo.
lab_date_outside = No hay precio en ese día. Elija uno del { $first } al { $last }.
lab_window_long = Hasta el { $day } hay { $count } rendimientos. No escriba más, o elija una fecha posterior.
lab_failed_risk = Los precios de este activo no permiten una cifra. No se ha guardado nada; pruebe con una serie más larga.
lab_failed_prices = La función no calculó con los mismos precios que el sitio, así que se rechazó su cifra. No se ha guardado nada; inténtelo otra vez o calcule en el sitio.
lab_failed_differ = El sitio y la función no hallaron la misma cifra, así que no se muestra ninguna. No se ha guardado nada; ha quedado anotado.
lab_failed_function = La función sin servidor no respondió como debía. No se ha guardado nada; inténtelo otra vez o calcule en el sitio.
lab_failed_lost = El cálculo se perdió. No se ha guardado nada; inténtelo otra vez.
lab_run_title = Valor en riesgo: { $name }
lab_answer_long = { $n ->
    [one] En un día de mercado una posición larga de { $position } en { $name } pierde más de { $loss } (± { $error }) con una probabilidad del { $chance }.
   *[other] En { $n } días de mercado una posición larga de { $position } en { $name } pierde más de { $loss } (± { $error }) con una probabilidad del { $chance }.
}
lab_answer_short = { $n ->
    [one] En un día de mercado una posición corta de { $position } en { $name } pierde más de { $loss } (± { $error }) con una probabilidad del { $chance }.
   *[other] En { $n } días de mercado una posición corta de { $position } en { $name } pierde más de { $loss } (± { $error }) con una probabilidad del { $chance }.
}
lab_answer_gain = { $n ->
    [one] En un día de mercado una posición de { $position } en { $name } no pierde con una probabilidad del { $sure }: la cifra es { $loss } (± { $error }, el { $chance } de los resultados es peor).
   *[other] En { $n } días de mercado una posición de { $position } en { $name } no pierde con una probabilidad del { $sure }: la cifra es { $loss } (± { $error }, el { $chance } de los resultados es peor).
}
lab_figures = Lo que puede perder
lab_total = De la posición
lab_mean = Media de los rendimientos diarios
lab_deviation = Su desviación típica
lab_price = Precio en la fecha
lab_figures_note = Partes de la posición; una pérdida es positiva. ± es un error estándar de la simulación. La fórmula cerrada y la cifra histórica no necesitan simulación.
lab_places_title = Tiempo, coste y prueba
lab_took = Tiempo
lab_cost = Coste, precio de lista
lab_same_prices = Mismos precios
lab_ms = { $ms } ms
lab_price_source = lista de precios { $source }, leída el { $day }; el tiempo se redondea hacia arriba y las peticiones de la función se cuentan por separado, así que es lo máximo que cuesta.
lab_price_proven = Precio al cierre del { $day }: { $price }. Cada lugar calculó un resumen de los precios que usó; otro distinto se habría rechazado.
lab_digest = Resumen de los precios (sha256):
lab_workers_title = Lo que halló cada trabajador por sí solo
lab_workers_few = Cada trabajador tiene menos de 100 simulaciones, muy pocas para una cifra propia. Juntos son suficientes.
lab_workers_note = La cifra de cada trabajador se basa en sus propios sorteos y por eso yerra más. La cifra de arriba se basa en todos los sorteos juntos; no es el promedio.
lab_worker = Trabajador
lab_average = Promedio de los trabajadores
lab_together = Todos los sorteos juntos
lab_inputs = Datos
lab_created = Calculado
lab_again = Cambiar y volver a calcular
lab_compare = Comparar con otros cálculos
lab_delete = Borrar este cálculo
lab_runs_title = Mis cálculos
lab_chart_title = Cálculos comparados
lab_against = Frente a
lab_show = Mostrar
lab_legend = Cada punto es un cálculo; la barra es su intervalo del 95 % por la simulación. Lleno: larga. Hueco: corta.
lab_list_title = Todos los cálculos
lab_var_95 = VaR 95 %, ± error
lab_var_99 = VaR 99 %, ± error
lab_kept = Se guardan los 500 cálculos más recientes.
lab_none = Aún no hay cálculos. El primero tarda un segundo.
lab_new = Nuevo cálculo
lab_plot_simulations = { $symbol }: valor en riesgo al { $level } según el número de simulaciones
lab_plot_window = { $symbol }: valor en riesgo al { $level } según la longitud de la serie
lab_plot_says = { $value } ± { $error }, { $simulations } simulaciones, { $window } rendimientos
nav_lab = Laboratorio de VaR
lab_accepts_by = by es simulations o window
lab_accepts_level = level es 95 o 99
