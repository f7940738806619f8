# Where the platform's state is kept: applied once, by a person, before everything else. Its own state stays in this
# folder; losing it costs five imports and no data.

data "azurerm_client_config" "current" {}

locals {
  tags = { project = "hydrotheque", environment = "state", managed_by = "terraform" }
  # Storage takes a single address without its prefix.
  operator_ips = [for ip in var.operator_ips : trimsuffix(ip, "/32")]
}

resource "azurerm_resource_group" "this" {
  name     = var.resource_group_name
  location = var.resource_group_location
  tags     = local.tags

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_storage_account" "this" {
  # checkov:skip=CKV_AZURE_59:the firewall lets in the operators' addresses only; a runner outside Azure needs one
  # checkov:skip=CKV_AZURE_33:no queue is used; the account's logs go to Log Analytics
  # checkov:skip=CKV2_AZURE_1:Microsoft's keys encrypt it: the state holds no secret, and a key of one's own adds a way to lose it
  # checkov:skip=CKV2_AZURE_33:a private endpoint needs the network that this state describes
  name                     = var.state_account_name
  resource_group_name      = azurerm_resource_group.this.name
  location                 = azurerm_resource_group.this.location
  account_kind             = "StorageV2"
  account_tier             = "Standard"
  account_replication_type = "GRS"
  tags                     = local.tags

  min_tls_version                   = "TLS1_2"
  https_traffic_only_enabled        = true
  infrastructure_encryption_enabled = true
  shared_access_key_enabled         = false
  default_to_oauth_authentication   = true
  local_user_enabled                = false
  allow_nested_items_to_be_public   = false
  cross_tenant_replication_enabled  = false
  allowed_copy_scope                = "AAD"
  public_network_access_enabled     = true

  network_rules {
    default_action = "Deny"
    bypass         = ["AzureServices", "Logging", "Metrics"]
    ip_rules       = local.operator_ips
  }

  sas_policy {
    expiration_period = "00.01:00:00"
    expiration_action = "Block"
  }

  # An older state can be had back for three months.
  blob_properties {
    versioning_enabled = true
    delete_retention_policy {
      days = 90
    }
    container_delete_retention_policy {
      days = 90
    }
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_storage_container" "state" {
  # checkov:skip=CKV2_AZURE_21:reads are logged by the diagnostic setting below
  name                  = "tfstate"
  storage_account_id    = azurerm_storage_account.this.id
  container_access_type = "private"

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_role_assignment" "operator" {
  for_each = setunion(var.operator_object_ids, [data.azurerm_client_config.current.object_id])

  scope                = azurerm_storage_container.state.id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = each.value
}

resource "azurerm_log_analytics_workspace" "this" {
  name                         = "${var.state_account_name}-logs"
  resource_group_name          = azurerm_resource_group.this.name
  location                     = azurerm_resource_group.this.location
  sku                          = "PerGB2018"
  daily_quota_gb               = 0.1
  retention_in_days            = 90
  local_authentication_enabled = false
  tags                         = local.tags
}

resource "azurerm_monitor_diagnostic_setting" "this" {
  name                       = "log-analytics"
  target_resource_id         = "${azurerm_storage_account.this.id}/blobServices/default"
  log_analytics_workspace_id = azurerm_log_analytics_workspace.this.id

  dynamic "enabled_log" {
    for_each = toset(["StorageRead", "StorageWrite", "StorageDelete"])
    content {
      category = enabled_log.value
    }
  }
}
