create schema if not exists vault;
