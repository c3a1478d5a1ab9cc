/** Texts by key. */
export default {
  "core.skip": "跳到正文",
  "core.places": "位置",
  "core.place_run": "运行",
  "core.place_history": "历史",
  "core.script": "脚本",
  "core.theme_label": "配色：{now}。切换",
  "core.theme_auto": "跟随系统",
  "core.theme_light": "浅色",
  "core.theme_dark": "深色",
  "core.view_failed": "无法显示此视图：{reason}。请重新加载页面；若仍如此，请报告。",
  "core.connection_lost": "自 {since} 起与主控失去连接，正在重试……",
  "core.tabs": "运行的各部分",
  "core.tab_statistics": "统计",
  "core.tab_charts": "图表",
  "core.tab_failures": "失败",
};
