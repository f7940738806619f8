mock_provider "azurerm" {}

variables {
  name                = "hydrotheque-dev"
  environment         = "dev"
  resource_group_name = "rg-hydrotheque-test"
  resource_group_id   = "/subscriptions/s/resourceGroups/rg-hydrotheque-test"
  location            = "francecentral"
  tags                = {}
  daily_cap_gb        = 0.5
  retention_days      = 30
  users_notification  = ["ada@example.org", "alan@example.org"]
  monthly_budget      = 40
  api_principal_id    = "principal-api"
  api_runs            = true
  api_id              = "/subscriptions/s/resourceGroups/g/providers/Microsoft.App/containerApps/api"
  database_id         = "/subscriptions/s/resourceGroups/g/providers/Microsoft.DBforPostgreSQL/flexibleServers/pg"
}

run "people_are_told_and_logs_are_bounded" {
  module {
    source = "./modules/monitoring"
  }

  assert {
    condition     = azurerm_log_analytics_workspace.this.daily_quota_gb == 0.5 && azurerm_application_insights.this.daily_data_cap_in_gb == 0.5
    error_message = "logs can cost without a limit"
  }
  assert {
    condition     = azurerm_log_analytics_workspace.this.local_authentication_enabled == false && azurerm_application_insights.this.local_authentication_enabled == false
    error_message = "a key in a connection string lets in whoever has it"
  }
  assert {
    condition     = toset([for mail in azurerm_monitor_action_group.this.email_receiver : mail.email_address]) == toset(var.users_notification)
    error_message = "each of users_notification is told"
  }
  assert {
    condition = (
      toset(keys(azurerm_monitor_scheduled_query_rules_alert_v2.this)) == toset(["failed-run", "late-data", "no-data"]) &&
      toset(keys(azurerm_monitor_metric_alert.database)) == toset(["database-cpu", "database-storage", "database-down"]) &&
      [for dimension in azurerm_monitor_metric_alert.api[0].criteria[0].dimension : dimension.values] == [tolist(["5xx"])]
    )
    error_message = "an alert is missing"
  }
  assert {
    condition = alltrue(concat(
      [for alert in azurerm_monitor_scheduled_query_rules_alert_v2.this : alert.action[0].action_groups == tolist([azurerm_monitor_action_group.this.id])],
      [for alert in azurerm_monitor_metric_alert.database : one(alert.action).action_group_id == azurerm_monitor_action_group.this.id],
      [for alert in azurerm_monitor_metric_alert.api : one(alert.action).action_group_id == azurerm_monitor_action_group.this.id],
    ))
    error_message = "an alert tells nobody"
  }
  assert {
    condition = (
      azurerm_consumption_budget_resource_group.this.amount == 40 &&
      alltrue([for notification in azurerm_consumption_budget_resource_group.this.notification : length(notification.contact_emails) == 2])
    )
    error_message = "nobody is told what it costs"
  }
}
