{
    "name": "USD/MXN de Banco de México",
    "summary": "Tipo de cambio vigente (o FIX) de cada día, también cuando se corrige",
    "version": "1.0.0",
    "category": "Accounting/Accounting",
    "author": "USD/MXN rates",
    "license": "Other OSI approved licence",
    "depends": ["account"],
    "external_dependencies": {"python": ["requests"]},
    "data": ["data/ir_cron.xml", "views/res_config_settings_views.xml"],
    "installable": True,
}
