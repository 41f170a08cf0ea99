"""What Frappe reads of the app: its name, and the job that the scheduler runs every hour."""

app_name = "usdmxn_rates"
app_title = "USDMXN Rates"
app_publisher = "USD/MXN rates"
app_description = "USD/MXN de Banco de México como registros de Currency Exchange"
app_email = "maintainers@rates.example.mx"
app_license = "mit"
required_apps = ["erpnext"]

scheduler_events = {"hourly_long": ["usdmxn_rates.currency_exchange.update"]}
