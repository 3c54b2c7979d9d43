using Sockeye.Comparison.Contestants;
using Sockeye.Comparison.Measuring;
using Sockeye.Comparison.Scenarios;
using Sockeye.Comparison.Servers;

namespace Sockeye.Comparison.Running;

/// <summary>What a run found out about one server in one scenario.</summary>
internal sealed record RowResult(Contestant Contestant, ServerMode Mode, bool NamesMode)
{
    private const double Saturated = 0.95;

    public List<WindowSample> Windows { get; } = [];

    /// <summary>The reason why there are no windows, or no further ones.</summary>
    public string? Problem { get; set; }

    public string Title => NamesMode ? $"{Contestant.Title} ({ModeTitle})" : Contestant.Title;

    /// <summary>The load generator had no time left while the server had: the rate is the generator's.</summary>
    public bool IsLoadBound =>
        GetSpread(Figure.LoadBusy) is { Median: > Saturated } && GetSpread(Figure.ServerBusy) is { Median: < Saturated };

    public Spread? GetSpread(Figure figure) => Spread.FromValues(Windows.Select(figure.Of));

    private string ModeTitle => Mode == ServerMode.Codec ? "codec" : "bytes";
}

/// <summary>What a run found out in one scenario.</summary>
internal sealed record ScenarioResult(Scenario Scenario, IReadOnlyList<RowResult> Rows)
{
    public RowResult? Row(string contestant, ServerMode mode) =>
        Rows.FirstOrDefault(row => row.Contestant.Name == contestant && row.Mode == mode && row.Windows.Count > 0);
}
