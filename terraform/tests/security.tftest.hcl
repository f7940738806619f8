mock_provider "azurerm" {}

variables {
  name                = "hydrotheque-dev"
  vault_name          = "hydrotest-kv"
  resource_group_name = "rg-hydrotheque-test"
  location            = "francecentral"
  tags                = {}
  tenant_id           = "00000000-0000-0000-0000-000000000001"
  operator_object_id  = "00000000-0000-0000-0000-000000000002"
  subnet_ids          = ["/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/apps"]
  operator_ips        = []
  secrets             = {}
  secrets_to_write    = []
  secret_versions     = {}
  city_db             = false
  notify              = false
  prefect             = false

  public_network_access_enabled = true
  log_analytics_workspace_id    = "/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w"
}

run "the_vault_is_closed_and_kept" {
  command = plan
  module {
    source = "./modules/security"
  }

  assert {
    condition = (
      azurerm_key_vault.this.rbac_authorization_enabled &&
      azurerm_key_vault.this.network_acls[0].default_action == "Deny" &&
      length(azurerm_key_vault.this.network_acls[0].ip_rules) == 0
    )
    error_message = "the vault answers to more than roles from the apps' subnet"
  }
  assert {
    condition     = azurerm_key_vault.this.purge_protection_enabled && azurerm_key_vault.this.soft_delete_retention_days == 90
    error_message = "a deleted secret cannot be had back"
  }
  assert {
    condition     = [for log in azurerm_monitor_diagnostic_setting.vault.enabled_log : log.category] == ["AuditEvent"]
    error_message = "who reads a secret is not logged"
  }
  assert {
    condition = (
      toset(keys(azurerm_user_assigned_identity.this)) == toset(["api", "worker", "setup"]) &&
      local.reads["api"] == ["api_service_password", "secret_key"] &&
      local.reads["worker"] == ["owner_password"]
    )
    error_message = "each workload has an identity, and reads the secrets that it cannot work without"
  }
}

run "more_to_do_means_one_secret_more" {
  command = plan
  module {
    source = "./modules/security"
  }
  variables {
    city_db = true
    notify  = true
    prefect = true
  }

  assert {
    condition = (
      local.reads["worker"] == ["owner_password", "city_db_pwd", "notify_urls"] &&
      local.reads["prefect"] == ["owner_password", "prefect_auth", "city_db_pwd", "notify_urls"]
    )
    error_message = "the secrets of the operator's database and of the Prefect server"
  }
}
