using System.Text.Json;

namespace Sockeye.Admin.Tests.Monitoring;

/// <summary>The dashboard, as far as its file shows it.</summary>
public sealed class DashboardTests
{
    private const int Columns = 24;

    [Fact]
    public void Panels_have_different_ids_and_do_not_overlap()
    {
        var ids = DashboardFiles.Panels.Select(panel => panel.GetProperty("id").GetInt32()).ToList();
        var cells = DashboardFiles.Panels.SelectMany(CellsOf).ToList();

        Assert.Equal(ids.Distinct(), ids);
        Assert.Equal(cells.Count, cells.Distinct().Count());
        Assert.All(cells, cell => Assert.InRange(cell.X, 0, Columns - 1));
    }

    [Fact]
    public void Each_panel_has_a_title_a_description_a_unit_and_the_chosen_data_source()
    {
        var panels = DashboardFiles.Panels.Where(panel => panel.GetProperty("type").GetString() != "row").ToList();

        Assert.NotEmpty(panels);
        Assert.All(panels, panel =>
        {
            Assert.NotEqual("", panel.GetProperty("title").GetString());
            Assert.EndsWith(".", panel.GetProperty("description").GetString(), StringComparison.Ordinal);
            Assert.NotEqual("", panel.GetProperty("fieldConfig").GetProperty("defaults").GetProperty("unit").GetString());
            Assert.Equal("${datasource}", panel.GetProperty("datasource").GetProperty("uid").GetString());
        });
    }

    [Fact]
    public void Each_query_shows_the_chosen_instances_only() => Assert.All(DashboardFiles.Queries, query => Assert.All(
        DashboardFiles.MetricsIn(query.Expression).SelectMany(metric => query.Expression.Split(metric).Skip(1)),
        rest => Assert.StartsWith("{instance=~\"$instance\"", rest, StringComparison.Ordinal)));

    private static IEnumerable<(int X, int Y)> CellsOf(JsonElement panel)
    {
        var position = panel.GetProperty("gridPos");
        var (x, y) = (position.GetProperty("x").GetInt32(), position.GetProperty("y").GetInt32());
        return
            from column in Enumerable.Range(x, position.GetProperty("w").GetInt32())
            from row in Enumerable.Range(y, position.GetProperty("h").GetInt32())
            select (column, row);
    }
}
