output "backend" {
  description = "Lines of environments/<name>.backend.hcl; the key tells the environments apart."
  value       = <<-HCL
    resource_group_name  = "${azurerm_resource_group.this.name}"
    storage_account_name = "${azurerm_storage_account.this.name}"
    container_name       = "${azurerm_storage_container.state.name}"
    key                  = "dev.tfstate"
  HCL
}
