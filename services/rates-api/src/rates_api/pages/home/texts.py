"""The page's texts, the same fields in each language."""

import dataclasses

from rates_api.pages.language import Language


@dataclasses.dataclass(frozen=True)
class Texts:
    """What the page says; `{…}` is filled in by the template."""

    title: str
    description: str
    reference: str
    simulated: str
    simulated_tag: str
    in_force: str
    only_on: str
    from_to: str
    from_on: str
    per_dollar: str
    copy: str
    copied: str
    copy_failed: str
    newest: str
    newest_of: str
    change: str
    unchanged: str
    steps: dict[str, str]
    today: str
    until: str
    unconfirmed_dates: str
    state: str
    verified: str
    never_verified: str
    next_publication: str
    no_next: str
    clock: str
    offline: str
    none_in_force: str
    since: str
    still_served: str
    last_recorded: str
    which: str
    day: str
    purpose: str
    ask: str
    answer_on: str
    unless: str
    source: str
    no_advice: str
    kinds: dict[str, str]
    kinds_of: dict[str, str]
    derived: str
    new_pesos: str
    permalink: str
    copy_as: str
    host_note: str
    wrong: dict[str, str]
    chart: str
    chart_doc: str
    ranges: dict[str, str]
    charted: dict[str, str]
    as_table: str
    converter: str
    amount: str
    from_currency: str
    directions: dict[str, str]
    convert: str
    at_rate: str
    operations: dict[str, str]
    rounded: str
    no_result: str
    means: str
    means_doc: str
    spans: dict[str, str]
    span: str
    mean: str
    lowest: str
    highest: str
    days: str
    of_days: str
    unknown_days: str
    data_status: str
    data_status_doc: str
    too_few_counted: str
    more: str
    feeds: str
    feed_links: tuple[tuple[str, str], ...]
    attribution: str
    disclaimer: str
    new_value: str
    unavailable: str
    unavailable_doc: str


ES = Texts(
    title="Tipo de cambio USD/MXN vigente y FIX de Banco de México",
    description="El tipo de cambio del dólar vigente hoy, el FIX más reciente con sus fechas "
    "legales y cuál poner en una factura.",
    reference="API",
    simulated="Datos simulados. Estos valores no son de Banco de México: no los use.",
    simulated_tag="simulado",
    in_force="Vigente hoy",
    only_on="Vigente solo el {day}",
    from_to="Vigente del {first} al {last}",
    from_on="Vigente desde el {first}",
    per_dollar="pesos por dólar",
    copy="Copiar",
    copied="Copiado",
    copy_failed="No se pudo copiar",
    newest="FIX más reciente",
    newest_of="Determinado el {day}",
    change="{change} ({percent} %) respecto del {day}",
    unchanged="Igual que el {day}",
    steps={
        "determined": "Se determina",
        "published": "Se publica en el DOF",
        "applies": "Está vigente",
    },
    today="hoy",
    until="al {day}",
    unconfirmed_dates="Fechas según el calendario bancario; se confirman con la serie SF60653.",
    state="Estado",
    verified="Verificado con Banco de México: {at}",
    never_verified="Todavía no verificado con Banco de México",
    next_publication="Próxima publicación: {at}",
    no_next="Próxima publicación: sin calendario para esos días",
    clock="Hora de la Ciudad de México.",
    offline="Sin conexión desde las {at}: lo que ve es de entonces.",
    none_in_force="No podemos decirle cuál está vigente hoy",
    since="La última respuesta buena de Banco de México es de: {at}.",
    still_served="Los días pasados se siguen sirviendo: abajo y en la API.",
    last_recorded="El último FIX registrado es {rate}, del {day}. No lo tome por actual.",
    which="¿Qué tipo de cambio pongo?",
    day="Fecha",
    purpose="Para",
    ask="Ver",
    answer_on="{purpose}, {day}",
    unless="Atención",
    source="Fundamento",
    no_advice="No es asesoría fiscal.",
    kinds={
        "settlement": "Vigente ese día",
        "dof": "Publicado en el DOF",
        "fix": "FIX determinado",
    },
    kinds_of={
        "settlement": "FIX del {day}",
        "dof": "FIX del {day}",
        "fix": "el {day}",
    },
    derived="El vigente de ese día se deduce del FIX por la regla: la serie SF60653 del registro "
    "empieza después.",
    new_pesos="En nuevos pesos: N$1 = 1,000 pesos de entonces.",
    permalink="Enlace a esta respuesta",
    copy_as="Copiar para {tools}",
    host_note="Cambie https://api.example por la dirección de esta página.",
    wrong={
        "date": "«{sent}» no es una fecha: escríbala como 2026-08-14.",
        "purpose": "«{sent}» no está en la lista: elija uno de los usos.",
        "amount": "«{sent}» no es una cantidad: escríbala como 1234.56, con 6 decimales como "
        "máximo.",
        "from": "«{sent}» no es una de las dos monedas: elija dólares o pesos.",
    },
    chart="FIX y tipo de cambio vigente",
    chart_doc="Pase el cursor, o use las flechas del teclado, para leer cada día.",
    ranges={"90d": "90 días", "1y": "1 año", "5y": "5 años", "all": "Todo"},
    charted={"fix": "FIX", "in_force": "vigente"},
    as_table="Ver como tabla",
    converter="Convertidor",
    amount="Cantidad",
    from_currency="Sentido",
    directions={"USD": "De dólares a pesos", "MXN": "De pesos a dólares"},
    convert="Convertir",
    at_rate="Con el vigente el {day}: {rate}.",
    operations={
        "multiply": "Se multiplica por el tipo de cambio publicado",
        "divide": "Se divide entre el tipo de cambio publicado",
    },
    rounded="y se redondea una sola vez, a {scale} decimales; si queda a la mitad, se redondea "
    "hacia arriba.",
    no_result="No se puede convertir.",
    means="Promedios del FIX",
    means_doc="Sobre días hábiles bancarios, a seis decimales.",
    spans={
        "15d": "15 días",
        "30d": "30 días",
        "this_month": "Este mes",
        "last_month": "Mes pasado",
        "this_year": "Este año",
    },
    span="Periodo",
    mean="Promedio",
    lowest="Mínimo",
    highest="Máximo",
    days="Días",
    of_days="{count} de {expected}",
    unknown_days="faltan días por conocer",
    data_status="Verificación de los datos, 90 días",
    data_status_doc="Una barra por día: cuánto tiempo, de las horas en que se pregunta a Banco de "
    "México, los valores estaban verificados.",
    too_few_counted="Aún no hay registro suficiente.",
    more="Guías",
    feeds="Para programas",
    feed_links=(
        ("/openapi.json", "OpenAPI"),
        ("/feeds/fix.atom", "Atom: FIX"),
        ("/feeds/fix.atom?kind=settlement", "Atom: vigente"),
        ("/api/v1/rates/historical?last=10&format=csv", "CSV: últimos 10 FIX"),
        ("/llms.txt", "llms.txt"),
    ),
    attribution="Fuente: Banco de México, SIE, series SF43718 (FIX) y SF60653 (para solventar "
    "obligaciones). Este servicio no es de Banco de México.",
    disclaimer="Nada de lo que dice esta página es asesoría fiscal ni legal. Los valores se "
    "muestran como Banco de México los publica, sin margen ni comisión.",
    new_value="Valor nuevo: {value}",
    unavailable="Todavía no hay datos",
    unavailable_doc="El servicio no tiene ningún tipo de cambio que mostrar. No es que no exista: "
    "pregunte otra vez en unos minutos, o consulte el sitio de Banco de México.",
)
EN = Texts(
    title="USD/MXN exchange rate in force, and Banco de México’s FIX",
    description="The dollar’s rate in force in Mexico today, the newest FIX with its legal dates, "
    "and which one goes on an invoice.",
    reference="API",
    simulated="Simulated data. These values are not Banco de México’s: don’t use them.",
    simulated_tag="simulated",
    in_force="In force today",
    only_on="In force on {day} only",
    from_to="In force from {first} to {last}",
    from_on="In force from {first} on",
    per_dollar="pesos per dollar",
    copy="Copy",
    copied="Copied",
    copy_failed="Could not copy",
    newest="Newest FIX",
    newest_of="Determined on {day}",
    change="{change} ({percent}%) since {day}",
    unchanged="The same as on {day}",
    steps={
        "determined": "Determined",
        "published": "Published in the DOF",
        "applies": "In force",
    },
    today="today",
    until="to {day}",
    unconfirmed_dates="Dates by the bank calendar; series SF60653 confirms them.",
    state="State",
    verified="Verified with Banco de México: {at}",
    never_verified="Not verified with Banco de México yet",
    next_publication="Next publication: {at}",
    no_next="Next publication: no calendar for those days",
    clock="Mexico City time.",
    offline="Not connected since {at}: what you see is of then.",
    none_in_force="We can’t say which rate is in force today",
    since="Banco de México’s last good answer: {at}.",
    still_served="Past days are still served: below, and by the API.",
    last_recorded="The last recorded FIX is {rate}, of {day}. Don’t take it for the current one.",
    which="Which rate do I use?",
    day="Date",
    purpose="For",
    ask="Show",
    answer_on="{purpose}, {day}",
    unless="Note",
    source="Source",
    no_advice="This is not tax advice.",
    kinds={
        "settlement": "In force that day",
        "dof": "Published in the DOF",
        "fix": "FIX determined",
    },
    kinds_of={
        "settlement": "FIX of {day}",
        "dof": "FIX of {day}",
        "fix": "on {day}",
    },
    derived="The rate in force that day follows from the FIX by the rule: the recorded series "
    "SF60653 begins later.",
    new_pesos="In new pesos: N$1 = 1,000 pesos of then.",
    permalink="Link to this answer",
    copy_as="Copy for {tools}",
    host_note="Put this page’s address in the place of https://api.example.",
    wrong={
        "date": "“{sent}” is no date: write it as 2026-08-14.",
        "purpose": "“{sent}” is not in the list: choose one of the purposes.",
        "amount": "“{sent}” is no amount: write it as 1234.56, with 6 decimals at most.",
        "from": "“{sent}” is none of the two currencies: choose dollars or pesos.",
    },
    chart="FIX and the rate in force",
    chart_doc="Move the pointer, or use the arrow keys, to read each day.",
    ranges={"90d": "90 days", "1y": "1 year", "5y": "5 years", "all": "All"},
    charted={"fix": "FIX", "in_force": "in force"},
    as_table="As a table",
    converter="Converter",
    amount="Amount",
    from_currency="Direction",
    directions={"USD": "Dollars to pesos", "MXN": "Pesos to dollars"},
    convert="Convert",
    at_rate="At the rate in force on {day}: {rate}.",
    operations={
        "multiply": "It is multiplied by the published rate",
        "divide": "It is divided by the published rate",
    },
    rounded="and rounded once, to {scale} decimals, halves up.",
    no_result="It can’t be converted.",
    means="Means of the FIX",
    means_doc="Over banking days, to six decimals.",
    spans={
        "15d": "15 days",
        "30d": "30 days",
        "this_month": "This month",
        "last_month": "Last month",
        "this_year": "This year",
    },
    span="Span",
    mean="Mean",
    lowest="Low",
    highest="High",
    days="Days",
    of_days="{count} of {expected}",
    unknown_days="not every day is known",
    data_status="Verification of the data, 90 days",
    data_status_doc="A bar a day: for how much of the hours in which Banco de México is asked the "
    "values were verified.",
    too_few_counted="There is not enough of a record yet.",
    more="Guides",
    feeds="For programs",
    feed_links=(
        ("/openapi.json", "OpenAPI"),
        ("/feeds/fix.atom", "Atom: FIX"),
        ("/feeds/fix.atom?kind=settlement", "Atom: in force"),
        ("/api/v1/rates/historical?last=10&format=csv", "CSV: last 10 FIX"),
        ("/llms.txt", "llms.txt"),
    ),
    attribution="Source: Banco de México, SIE, series SF43718 (FIX) and SF60653 (to settle "
    "obligations). This service is not Banco de México’s.",
    disclaimer="Nothing on this page is tax or legal advice. Values are shown as Banco de México "
    "publishes them, without a markup.",
    new_value="New value: {value}",
    unavailable="There is no data yet",
    unavailable_doc="The service has no rate to show. That does not mean there is none: try again "
    "in some minutes, or look at Banco de México’s site.",
)
TEXTS: dict[Language, Texts] = {"es": ES, "en": EN}
