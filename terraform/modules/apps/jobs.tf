# The flows, as jobs. Azure's cron is in UTC and the schedules are those of Paris: a job starts at both UTC hours that can
# be the right one, and goes on only when it is (HYDROTHEQUE_ONLY_AT_HOUR, in Paris). tests/terraform compares them with
# prefect.yaml, day by day.

locals {
  on_demand = {
    # Roles, schemas, migrations: after each new image, and after each change of a password.
    init     = { command = ["hydrotheque", "db", "init"], identity = "setup", env = local.setup_env }
    mensuel  = { command = ["hydrotheque", "run"], identity = "worker", env = local.worker_env }
    recharge = { command = ["hydrotheque", "load", "--from-lake"], identity = "worker", env = local.worker_env }
  }

  scheduled = {
    get-csv     = { cron = "0 8,9 8 * *", hour = 10, command = ["hydrotheque", "collect", "meteo"] }
    get-api     = { cron = "0 8,9 8 * *", hour = 10, command = ["hydrotheque", "collect", "piezometrie"] }
    copy-data   = { cron = "0 22,23 8 * *", hour = 0, command = ["sh", "-c", "hydrotheque load && hydrotheque build"] }
    delete-user = { cron = "0 22,23 * * *", hour = 0, command = ["hydrotheque", "users", "purge"] }
    etat        = { cron = "0 5 * * *", hour = null, command = ["hydrotheque", "status"] }
  }
}

resource "azurerm_container_app_job" "on_demand" {
  for_each = var.image_tag == "" ? {} : local.on_demand

  name                         = "${var.name}-${each.key}"
  resource_group_name          = var.resource_group_name
  location                     = var.location
  container_app_environment_id = azurerm_container_app_environment.this.id
  workload_profile_name        = "Consumption"
  replica_timeout_in_seconds   = 21600
  replica_retry_limit          = 0
  tags                         = var.tags

  manual_trigger_config {
    parallelism              = 1
    replica_completion_count = 1
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [var.identities[each.value.identity].id]
  }

  registry {
    server   = azurerm_container_registry.this.login_server
    identity = var.identities[each.value.identity].id
  }

  template {
    container {
      name   = each.key
      image  = local.image
      args   = each.value.command
      cpu    = 2
      memory = "4Gi"

      dynamic "env" {
        for_each = merge(each.value.env, { HYDROTHEQUE_JOB = each.key })
        content {
          name  = env.key
          value = env.value
        }
      }
    }
  }

  depends_on = [azurerm_role_assignment.pull]
}

resource "azurerm_container_app_job" "scheduled" {
  for_each = var.image_tag == "" || var.prefect_server ? {} : local.scheduled

  name                         = "${var.name}-${each.key}"
  resource_group_name          = var.resource_group_name
  location                     = var.location
  container_app_environment_id = azurerm_container_app_environment.this.id
  workload_profile_name        = "Consumption"
  replica_timeout_in_seconds   = 21600
  replica_retry_limit          = 1
  tags                         = var.tags

  schedule_trigger_config {
    cron_expression          = each.value.cron
    parallelism              = 1
    replica_completion_count = 1
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [var.identities["worker"].id]
  }

  registry {
    server   = azurerm_container_registry.this.login_server
    identity = var.identities["worker"].id
  }

  template {
    container {
      name   = each.key
      image  = local.image
      args   = each.value.command
      cpu    = 2
      memory = "4Gi"

      dynamic "env" {
        for_each = merge(
          local.worker_env,
          { HYDROTHEQUE_JOB = each.key },
          each.value.hour == null ? {} : { HYDROTHEQUE_ONLY_AT_HOUR = tostring(each.value.hour) },
        )
        content {
          name  = env.key
          value = env.value
        }
      }
    }
  }

  depends_on = [azurerm_role_assignment.pull]
}
