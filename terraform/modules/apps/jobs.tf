# The flows, as jobs. Azure's cron is in UTC and the schedules of prefect.yaml are those of Paris: a job starts at both UTC
# hours that can be the right one, and goes on only when it is (HYDROTHEQUE_ONLY_AT_HOUR, in Paris). tests/terraform
# compares the two, run by run, over years.

locals {
  on_demand = {
    # The owner's role and database, schemas, roles, migrations: after each new image, and after each new password.
    init = {
      identity = "setup"
      env      = local.setup_env
      command = concat(["sh", "-c"], [join(" && ", concat(
        ["hydrotheque db create"],
        var.prefect_server ? ["PGDATABASE=prefect hydrotheque db create"] : [],
        ["hydrotheque db init"],
      ))])
    }
    mensuel  = { identity = "worker", env = local.worker_env, command = ["hydrotheque", "flow", "pipeline_mensuel"] }
    recharge = { identity = "worker", env = local.worker_env, command = ["sh", "-c", "hydrotheque load --from-lake && hydrotheque build"] }
  }

  scheduled = {
    get-csv     = { cron = "0 8,9 8 * *", hour = 10, cpu = 2, command = ["hydrotheque", "flow", "pipeline_get_csv"] }
    get-api     = { cron = "0 8,9 8 * *", hour = 10, cpu = 2, command = ["hydrotheque", "flow", "pipeline_get_api"] }
    copy-data   = { cron = "0 22,23 8 * *", hour = 0, cpu = 2, command = ["hydrotheque", "flow", "copy_data_in_db"] }
    delete-user = { cron = "0 22,23 * * *", hour = 0, cpu = 0.5, command = ["hydrotheque", "flow", "pipeline_delete_user"] }
    capteurs    = { cron = "0 * * * *", hour = null, cpu = 1, command = ["hydrotheque", "flow", "pipeline_get_capteurs"] }
    etat        = { cron = "30 5 * * *", hour = null, cpu = 0.5, command = ["hydrotheque", "status"] }
  }
}

resource "azurerm_container_app_job" "on_demand" {
  for_each = var.image_tag == "" ? {} : local.on_demand

  name                         = "${var.name}-${each.key}"
  resource_group_name          = var.resource_group_name
  location                     = var.location
  container_app_environment_id = azurerm_container_app_environment.this.id
  workload_profile_name        = "Consumption"
  replica_timeout_in_seconds   = 86400
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
  # A Prefect server runs the flows, and cannot tell that it does not run: `etat` looks from outside.
  for_each = { for name, job in local.scheduled : name => job if var.image_tag != "" && (name == "etat" || !var.prefect_server) }

  name                         = "${var.name}-${each.key}"
  resource_group_name          = var.resource_group_name
  location                     = var.location
  container_app_environment_id = azurerm_container_app_environment.this.id
  workload_profile_name        = "Consumption"
  replica_timeout_in_seconds   = 43200
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
      cpu    = each.value.cpu
      memory = "${each.value.cpu * 2}Gi"

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
