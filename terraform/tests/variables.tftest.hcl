# Values that make no sense are refused before anything is planned, each by the variable that is wrong.

mock_provider "azurerm" {}

variables {
  resource_group_name = "rg-hydrotheque-test"
  environment         = "dev"
  data_lake_name      = "hydrotest"
  admin_login         = "hydroadmin"
  users_notification  = ["ada@example.org"]
}

run "names_and_places" {
  command = plan
  variables {
    resource_group_name         = "ends with a dot."
    resource_group_location     = "eastus"
    environment                 = "staging"
    data_lake_name              = "Hydro-Lake"
    readonly_username           = "api_service"
    folders_names_donnees_meteo = ["quotidien/2024"]
    users_notification          = ["nobody"]
    image_tag                   = "latest"
    algorithm                   = "none"
    settings                    = { HYDROTHEQUE_API_SECRET_KEY = "in the state for ever" }
    secrets_to_write            = ["root_password"]
    secret_versions             = { secret_key = 0 }
  }
  expect_failures = [
    var.resource_group_name, var.resource_group_location, var.environment, var.data_lake_name, var.readonly_username,
    var.folders_names_donnees_meteo, var.users_notification, var.image_tag, var.algorithm, var.settings,
    var.secrets_to_write, var.secret_versions,
  ]
}

run "sizes_and_addresses" {
  command = plan
  variables {
    admin_login          = "postgres"
    filesystem_names     = ["donnees-meteo", "logs"]
    lake_replication     = "RAGRS"
    lake_cool_after_days = 1
    operator_ips         = ["0.0.0.0/0"]
    api_allowed_cidrs    = ["everybody"]
    entra_administrator  = { object_id = "ada", principal_name = "ada", principal_type = "Human" }
    database_version     = "14"
    database_sku         = "B1ms"
    database_storage_mb  = 1000
    database_backup_days = 1
    city_db_host         = "postgresql://db.example.org"
    city_db_port         = 0
    api_min_replicas     = 2
    log_daily_cap_gb     = 0
    log_retention_days   = 7
    monthly_budget       = 0
  }
  expect_failures = [
    var.admin_login, var.filesystem_names, var.lake_replication, var.lake_cool_after_days, var.operator_ips,
    var.api_allowed_cidrs, var.entra_administrator, var.database_version, var.database_sku, var.database_storage_mb,
    var.database_backup_days, var.city_db_host, var.city_db_port, var.api_min_replicas,
    var.log_daily_cap_gb, var.log_retention_days, var.monthly_budget,
  ]
}

run "what_does_not_go_together" {
  command = plan
  variables {
    donnees_meteo_filesystems  = "donnees-climat"
    database_high_availability = true
    city_db_host               = "db.example.org"
    users_notification         = []
    api_max_replicas           = 11
    # Named to be written, and missing or too weak
    secrets_to_write     = ["admin_password", "owner_password", "api_service_password", "readonly_password", "secret_key", "city_db_pwd", "notify_urls", "prefect_auth"]
    owner_password       = "short"
    api_service_password = "short"
    readonly_password    = "short"
    algorithm            = "HS512"
    secret_key           = "long-enough-for-HS256-and-no-more"
    prefect_auth         = "admin:admin"
  }
  expect_failures = [
    var.donnees_meteo_filesystems, var.database_high_availability, var.city_db_name, var.city_db_user,
    var.users_notification, var.api_max_replicas, var.admin_password, var.owner_password, var.api_service_password,
    var.readonly_password, var.secret_key, var.city_db_pwd, var.notify_urls, var.prefect_auth,
  ]
}
