# What runs: the registry, the environment, and the API. The jobs and the Prefect server are beside.

resource "azurerm_container_registry" "this" {
  # checkov:skip=CKV_AZURE_139:a registry without public address is Premium, ten times the price; without a token of this tenant it answers nothing
  # checkov:skip=CKV_AZURE_163:image scanning is Defender's, a paid plan of the subscription; the workflow rebuilds on a pinned base
  # checkov:skip=CKV_AZURE_164:content trust is Premium and on its way out; the jobs name an image by a tag that is written once
  # checkov:skip=CKV_AZURE_165:replication is Premium; the image can be built again from the repository
  # checkov:skip=CKV_AZURE_166:quarantine is Premium
  # checkov:skip=CKV_AZURE_167:retention of untagged manifests is Premium; README has the command that removes them
  # checkov:skip=CKV_AZURE_233:zones are Premium; a start that cannot pull is tried again
  # checkov:skip=CKV_AZURE_237:dedicated data endpoints are Premium
  name                = var.registry_name
  resource_group_name = var.resource_group_name
  location            = var.location
  sku                 = "Basic"
  tags                = var.tags

  admin_enabled          = false
  anonymous_pull_enabled = false

  # The tags that run can be built again, but not under the same digest.
  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_role_assignment" "pull" {
  for_each = var.identities

  scope                = azurerm_container_registry.this.id
  role_definition_name = "AcrPull"
  principal_id         = each.value.principal_id
  principal_type       = "ServicePrincipal"
}

# It has an address of its own whether an app is open or not: changing that later would replace all that runs. What can be
# reached there is said by each app's ingress and by the network's rules.
resource "azurerm_container_app_environment" "this" {
  name                     = "${var.name}-env"
  resource_group_name      = var.resource_group_name
  location                 = var.location
  infrastructure_subnet_id = var.subnet_id
  logs_destination         = "azure-monitor"
  zone_redundancy_enabled  = var.zone_redundancy
  tags                     = var.tags

  workload_profile {
    name                  = "Consumption"
    workload_profile_type = "Consumption"
  }

  lifecycle {
    # Azure names it.
    ignore_changes = [infrastructure_resource_group_name]
  }
}

resource "azurerm_monitor_diagnostic_setting" "this" {
  for_each = {
    environment = {
      id   = azurerm_container_app_environment.this.id
      logs = ["ContainerAppConsoleLogs", "ContainerAppSystemLogs"]
    }
    registry = {
      id   = azurerm_container_registry.this.id
      logs = ["ContainerRegistryLoginEvents", "ContainerRegistryRepositoryEvents"]
    }
  }

  name                       = "log-analytics"
  target_resource_id         = each.value.id
  log_analytics_workspace_id = var.log_analytics_workspace_id

  dynamic "enabled_log" {
    for_each = toset(each.value.logs)
    content {
      category = enabled_log.value
    }
  }

  enabled_metric {
    category = "AllMetrics"
  }
}

resource "azurerm_container_app" "api" {
  count = var.image_tag != "" && var.api_enabled ? 1 : 0

  name                         = "${var.name}-api"
  resource_group_name          = var.resource_group_name
  container_app_environment_id = azurerm_container_app_environment.this.id
  revision_mode                = "Single"
  workload_profile_name        = "Consumption"
  tags                         = var.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [var.identities["api"].id]
  }

  registry {
    server   = azurerm_container_registry.this.login_server
    identity = var.identities["api"].id
  }

  ingress {
    target_port                = 8000
    transport                  = "http"
    external_enabled           = length(var.api_allowed_cidrs) > 0
    allow_insecure_connections = false
    client_certificate_mode    = "ignore"

    dynamic "ip_security_restriction" {
      for_each = { for number, cidr in var.api_allowed_cidrs : number => cidr if cidr != "0.0.0.0/0" }
      content {
        name             = "allowed-${ip_security_restriction.key}"
        action           = "Allow"
        ip_address_range = ip_security_restriction.value
      }
    }

    traffic_weight {
      latest_revision = true
      percentage      = 100
    }
  }

  template {
    min_replicas                     = var.api_min_replicas
    max_replicas                     = var.api_max_replicas
    termination_grace_period_seconds = 30

    container {
      name   = "api"
      image  = local.image
      cpu    = 0.5
      memory = "1Gi"

      dynamic "env" {
        for_each = local.api_env
        content {
          name  = env.key
          value = env.value
        }
      }

      startup_probe {
        transport               = "HTTP"
        port                    = 8000
        path                    = "/health/live"
        interval_seconds        = 5
        timeout                 = 3
        failure_count_threshold = 24
      }

      liveness_probe {
        transport               = "HTTP"
        port                    = 8000
        path                    = "/health/live"
        interval_seconds        = 30
        timeout                 = 5
        failure_count_threshold = 3
      }

      # A revision that cannot reach the database takes no traffic: the one before it goes on.
      readiness_probe {
        transport               = "HTTP"
        port                    = 8000
        path                    = "/health/ready"
        interval_seconds        = 10
        timeout                 = 5
        failure_count_threshold = 6
      }
    }

    http_scale_rule {
      name                = "requests"
      concurrent_requests = "40"
    }
  }

  depends_on = [azurerm_role_assignment.pull]
}

locals {
  image = "${azurerm_container_registry.this.login_server}/hydrotheque:${var.image_tag}"

  database_env = {
    PGHOST        = var.database_host
    PGPORT        = "5432"
    PGDATABASE    = "hydrotheque"
    PGSSLMODE     = "verify-full"
    PGSSLROOTCERT = "/etc/ssl/certs/ca-certificates.crt"
    # Read by the image's start, which puts the secrets named after it in the environment.
    HYDROTHEQUE_KEY_VAULT_URL = var.vault_uri
  }

  # Connections: two pools of so many for each replica; a B1ms server has 35 to give.
  api_env = merge({ HYDROTHEQUE_API_POOL_SIZE = "12" }, var.settings, local.database_env, {
    PGUSER                                    = "api_service"
    AZURE_CLIENT_ID                           = var.identities["api"].client_id
    APPLICATIONINSIGHTS_CONNECTION_STRING     = var.insights_connection_string
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING = "Authorization=AAD;ClientId=${var.identities["api"].client_id}"
    HYDROTHEQUE_API_ALGORITHM                 = var.algorithm
    # The environment's proxy, by its reserved addresses: the caller's own address is what it says.
    HYDROTHEQUE_API_TRUSTED_PROXIES = "100.100.0.0/16,${var.subnet_prefix}"
    HYDROTHEQUE_KEY_VAULT_SECRETS = join(",", [
      "PGPASSWORD=${var.secret_names["api_service_password"]}",
      "HYDROTHEQUE_API_SECRET_KEY=${var.secret_names["secret_key"]}",
    ])
  })

  worker_env = merge(var.settings, local.database_env, {
    PGUSER                     = "hydrotheque"
    HYDROTHEQUE_HOME           = "/tmp/hydrotheque"
    HYDROTHEQUE_LAKE_URL       = "az://"
    AZURE_STORAGE_ACCOUNT_NAME = var.lake_name
    AZURE_CLIENT_ID            = var.identities["worker"].client_id
    # A job shows what it does; half a processor takes its time to start Prefect's temporary server.
    PREFECT_LOGGING_LEVEL                            = "INFO"
    PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS = "600"
    HYDROTHEQUE_KEY_VAULT_SECRETS                    = join(",", local.worker_secrets)
  })

  worker_secrets = concat(
    ["PGPASSWORD=${var.secret_names["owner_password"]}"],
    var.city_db ? ["HYDROTHEQUE_COMMUNES_DATABASE_URL=${var.secret_names["city_db_pwd"]}"] : [],
    var.notify ? ["HYDROTHEQUE_NOTIFY_URLS=${var.secret_names["notify_urls"]}"] : [],
  )

  setup_env = merge(local.database_env, {
    PGUSER                        = "hydrotheque"
    AZURE_CLIENT_ID               = var.identities["setup"].client_id
    HYDROTHEQUE_HOME              = "/tmp/hydrotheque"
    HYDROTHEQUE_ADMIN_LOGIN       = var.admin_login
    HYDROTHEQUE_READONLY_USERNAME = var.readonly_username
    HYDROTHEQUE_KEY_VAULT_SECRETS = join(",", [
      "HYDROTHEQUE_ADMIN_PASSWORD=${var.secret_names["admin_password"]}",
      "PGPASSWORD=${var.secret_names["owner_password"]}",
      "HYDROTHEQUE_API_SERVICE_PASSWORD=${var.secret_names["api_service_password"]}",
      "HYDROTHEQUE_ANALYSTE_PASSWORD=${var.secret_names["readonly_password"]}",
    ])
  })
}
