"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const page = document.getElementById("page");

// Texts enter a page as text, never as markup.
function make(tag, name, text) {
  const node = document.createElement(tag);
  if (name) node.className = name;
  if (text !== undefined) node.textContent = text;
  return node;
}
function add(parent, ...children) { children.forEach(child => parent.appendChild(child)); return parent; }
