## Historial, además de lo que hay en site.ftl

record_all = Todos
record_outcome = Resultado
record_clear = Mostrar todo
record_outcome_inside = Dentro del intervalo del 80 %
record_outcome_outside = Fuera del intervalo del 80 %
record_outcome_closer = Más cerca que el paseo
record_outcome_further = No más cerca que el paseo
record_scores_note = Las puntuaciones siguen los filtros, pero no el resultado elegido: elegir resultados sería elegir la puntuación.
record_calibration = Prometido y cumplido
record_calibration_chart = Parte de los resultados dentro de nuestros intervalos del 80 y del 95 %, por días de antelación de izquierda a derecha
record_calibration_ideal = lo prometido y lo cumplido coinciden
record_calibration_legend = Lleno: lo prometido está dentro del intervalo del historial. Hueco: no lo está.
record_calibration_note = Las barras son intervalos binomiales del 95 %. Toman los pronósticos como independientes, aunque los de un mismo día yerran juntos, así que son más estrechas de lo debido.
record_calibration_says = A { $horizon } días: { $share }, { $count } pronósticos
record_by_asset = Por activo
record_best = Más cerca de lo ocurrido
record_worst = Más lejos de lo ocurrido
record_every_asset = Todos los activos
record_by_model = Por modelo
record_nothing = Ningún resultado en lo que pidió.
record_newest = Los más recientes
record_older = Anteriores
record_csv = Estos en CSV
