mock_provider "azurerm" {}

variables {
  name                = "hydrotheque-dev"
  registry_name       = "hydrotestacr"
  resource_group_name = "rg-hydrotheque-test"
  location            = "francecentral"
  tags                = {}
  subnet_id           = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/apps"
  subnet_prefix       = "10.20.0.0/27"
  zone_redundancy     = false
  vault_uri           = "https://hydrotest-kv.vault.azure.net/"
  lake_name           = "hydrotest"
  database_host       = "hydrotest-pg.postgres.database.azure.com"
  admin_login         = "hydroadmin"
  readonly_username   = "lecteur"
  city_db             = false
  notify              = false
  image_tag           = "1.0.0"
  settings            = { HYDROTHEQUE_METEO_START_YEAR = "2020" }
  algorithm           = "HS256"
  api_enabled         = true
  api_allowed_cidrs   = []
  api_min_replicas    = 0
  api_max_replicas    = 1
  prefect_server      = false
  operator_ips        = []

  insights_connection_string = "InstrumentationKey=0"
  log_analytics_workspace_id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w"

  identities = {
    api     = { id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/api", client_id = "client-api", principal_id = "principal-api" }
    worker  = { id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/worker", client_id = "client-worker", principal_id = "principal-worker" }
    setup   = { id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/setup", client_id = "client-setup", principal_id = "principal-setup" }
    prefect = { id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/prefect", client_id = "client-prefect", principal_id = "principal-prefect" }
  }
  secret_names = {
    admin_password    = "admin-password", owner_password = "owner-password", api_service_password = "api-service-password"
    readonly_password = "readonly-password", notify_urls = "notify-urls", secret_key = "secret-key", city_db_pwd = "city-db-pwd", prefect_auth = "prefect-auth"
  }
}

run "the_api_is_closed_and_holds_no_secret" {
  command = plan
  module {
    source = "./modules/apps"
  }

  assert {
    condition = (
      azurerm_container_app.api[0].ingress[0].external_enabled == false &&
      azurerm_container_app.api[0].ingress[0].allow_insecure_connections == false
    )
    error_message = "the API can be reached by who was not named, or without TLS"
  }
  assert {
    condition     = azurerm_container_app.api[0].template[0].min_replicas == 0
    error_message = "it scales to zero in dev"
  }
  assert {
    condition = (
      azurerm_container_app.api[0].template[0].container[0].liveness_probe[0].path == "/health/live" &&
      azurerm_container_app.api[0].template[0].container[0].readiness_probe[0].path == "/health/ready" &&
      length(azurerm_container_app.api[0].template[0].container[0].startup_probe) == 1
    )
    error_message = "it is not probed"
  }
  assert {
    condition     = length(azurerm_container_app.api[0].secret) == 0 && alltrue([for job in azurerm_container_app_job.on_demand : length(job.secret) == 0])
    error_message = "a secret is kept by the apps, and so in the state"
  }
  assert {
    condition     = length(setintersection([for env in azurerm_container_app.api[0].template[0].container[0].env : env.name], ["PGPASSWORD", "HYDROTHEQUE_API_SECRET_KEY"])) == 0
    error_message = "a secret is given as a plain variable"
  }
  assert {
    condition = (
      local.api_env["HYDROTHEQUE_KEY_VAULT_SECRETS"] == "PGPASSWORD=api-service-password,HYDROTHEQUE_API_SECRET_KEY=secret-key" &&
      local.api_env["PGUSER"] == "api_service" && local.api_env["PGSSLMODE"] == "verify-full" &&
      local.api_env["AZURE_CLIENT_ID"] == "client-api" && local.api_env["HYDROTHEQUE_METEO_START_YEAR"] == "2020"
    )
    error_message = "the API is not itself, or trusts any server"
  }
  assert {
    condition = (
      azurerm_container_registry.this.admin_enabled == false && azurerm_container_registry.this.anonymous_pull_enabled == false &&
      alltrue([for role in azurerm_role_assignment.pull : role.role_definition_name == "AcrPull"])
    )
    error_message = "an image can be had or changed by more than identities that pull"
  }
  assert {
    condition = toset([for log in azurerm_monitor_diagnostic_setting.this["environment"].enabled_log : log.category]) == toset([
      "ContainerAppConsoleLogs", "ContainerAppSystemLogs",
    ])
    error_message = "what the apps say goes nowhere"
  }
}

run "the_jobs_follow_the_schedules" {
  command = plan
  module {
    source = "./modules/apps"
  }
  variables {
    api_allowed_cidrs = ["203.0.113.0/24"]
    city_db           = true
    notify            = true
  }

  assert {
    condition     = alltrue([for job in azurerm_container_app_job.scheduled : job.identity[0].identity_ids == toset([var.identities["worker"].id])])
    error_message = "the worker's jobs run as the worker"
  }
  assert {
    condition     = azurerm_container_app_job.on_demand["init"].identity[0].identity_ids == toset([var.identities["setup"].id])
    error_message = "only the job that sets up may read the administrator's password"
  }
  assert {
    condition     = alltrue([for job in azurerm_container_app_job.scheduled : job.schedule_trigger_config[0].parallelism == 1])
    error_message = "a job runs beside itself"
  }
  assert {
    condition = (
      azurerm_container_app.api[0].ingress[0].external_enabled &&
      [for rule in azurerm_container_app.api[0].ingress[0].ip_security_restriction : [rule.ip_address_range, rule.action]] == [["203.0.113.0/24", "Allow"]]
    )
    error_message = "the API is open to the ranges named, and to nobody else"
  }
  assert {
    condition     = local.worker_env["HYDROTHEQUE_LAKE_URL"] == "az://" && local.worker_env["AZURE_STORAGE_ACCOUNT_NAME"] == "hydrotest"
    error_message = "the worker does not write to the lake"
  }
  assert {
    condition = local.worker_env["HYDROTHEQUE_KEY_VAULT_SECRETS"] == join(",", [
      "PGPASSWORD=owner-password", "HYDROTHEQUE_COMMUNES_DATABASE_URL=city-db-pwd", "HYDROTHEQUE_NOTIFY_URLS=notify-urls",
    ])
    error_message = "the worker is not told what it needs"
  }
}

run "a_prefect_server_takes_the_place_of_the_scheduled_jobs" {
  command = plan
  module {
    source = "./modules/apps"
  }
  variables {
    prefect_server = true
    operator_ips   = ["203.0.113.7"]
    api_enabled    = false
  }

  assert {
    condition     = keys(azurerm_container_app_job.scheduled) == ["etat"] && length(azurerm_container_app.api) == 0
    error_message = "each run would be started twice, or an API that is switched off runs"
  }
  assert {
    condition = (
      [for rule in azurerm_container_app.prefect[0].ingress[0].ip_security_restriction : rule.ip_address_range] == ["203.0.113.7/32"] &&
      azurerm_container_app.prefect[0].template[0].max_replicas == 1 &&
      strcontains(local.prefect_server_env["HYDROTHEQUE_KEY_VAULT_SECRETS"], "PREFECT_SERVER_API_AUTH_STRING=prefect-auth")
    )
    error_message = "the Prefect server is reached from the operators' addresses only, with a password, and is one"
  }
}
