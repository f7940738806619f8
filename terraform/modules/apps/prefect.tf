# The Prefect server and the process that runs its flows, in one app: they talk on 127.0.0.1, and people reach the server
# over HTTPS with a password, from the operators' addresses only.

resource "azurerm_container_app" "prefect" {
  count = var.image_tag != "" && var.prefect_server ? 1 : 0

  name                         = "${var.name}-prefect"
  resource_group_name          = var.resource_group_name
  container_app_environment_id = azurerm_container_app_environment.this.id
  revision_mode                = "Single"
  workload_profile_name        = "Consumption"
  tags                         = var.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [var.identities["prefect"].id]
  }

  registry {
    server   = azurerm_container_registry.this.login_server
    identity = var.identities["prefect"].id
  }

  ingress {
    target_port                = 4200
    transport                  = "http"
    external_enabled           = length(var.operator_ips) > 0
    allow_insecure_connections = false
    client_certificate_mode    = "ignore"

    dynamic "ip_security_restriction" {
      for_each = { for number, ip in var.operator_ips : number => ip }
      content {
        name             = "operator-${ip_security_restriction.key}"
        action           = "Allow"
        ip_address_range = strcontains(ip_security_restriction.value, "/") ? ip_security_restriction.value : "${ip_security_restriction.value}/32"
      }
    }

    traffic_weight {
      latest_revision = true
      percentage      = 100
    }
  }

  template {
    # One, always: two servers would start each run twice.
    min_replicas = 1
    max_replicas = 1

    container {
      name   = "server"
      image  = local.image
      args   = ["prefect", "server", "start", "--host", "0.0.0.0", "--port", "4200"]
      cpu    = 0.5
      memory = "1Gi"

      dynamic "env" {
        for_each = local.prefect_server_env
        content {
          name  = env.key
          value = env.value
        }
      }

      startup_probe {
        transport               = "TCP"
        port                    = 4200
        interval_seconds        = 10
        timeout                 = 5
        failure_count_threshold = 30
      }

      liveness_probe {
        transport               = "TCP"
        port                    = 4200
        interval_seconds        = 30
        timeout                 = 5
        failure_count_threshold = 5
      }
    }

    container {
      name   = "worker"
      image  = local.image
      args   = ["hydrotheque", "worker"]
      cpu    = 1
      memory = "2Gi"

      dynamic "env" {
        for_each = local.prefect_worker_env
        content {
          name  = env.key
          value = env.value
        }
      }
    }
  }

  depends_on = [azurerm_role_assignment.pull]
}

locals {
  prefect_identity = var.prefect_server ? { AZURE_CLIENT_ID = var.identities["prefect"].client_id } : {}
  prefect_secrets = var.prefect_server ? [
    "PGPASSWORD=${var.secret_names["owner_password"]}",
    "PREFECT_SERVER_API_AUTH_STRING=${var.secret_names["prefect_auth"]}",
    "PREFECT_API_AUTH_STRING=${var.secret_names["prefect_auth"]}",
  ] : []

  prefect_server_env = merge(local.database_env, local.prefect_identity, {
    PREFECT_HOME                     = "/tmp/prefect"
    PREFECT_SERVER_ANALYTICS_ENABLED = "false"
    # Without a password, which the driver takes from PGPASSWORD.
    PREFECT_API_DATABASE_CONNECTION_URL = "postgresql+asyncpg://hydrotheque@${var.database_host}:5432/prefect"
    HYDROTHEQUE_KEY_VAULT_SECRETS       = join(",", local.prefect_secrets)
  })

  prefect_worker_env = merge(local.worker_env, local.prefect_identity, {
    PREFECT_API_URL               = "http://127.0.0.1:4200/api"
    HYDROTHEQUE_KEY_VAULT_SECRETS = join(",", setunion(local.prefect_secrets, local.worker_secrets))
  })
}
