using Sockeye.Comparison.Scenarios;

namespace Sockeye.Comparison.Running;

/// <summary>What the run is doing: one line that changes on a terminal; where it is piped, one line a round.</summary>
internal sealed class Progress(TextWriter output, bool isTerminal, TimeProvider time)
{
    private const int Width = 110;

    private readonly long _startedAt = time.GetTimestamp();
    private int _steps;
    private int _completed;
    private (string Scenario, int Round) _last;

    public void Start(int steps) => _steps = steps;

    public void WriteLine(string line)
    {
        Clear();
        output.WriteLine(line);
    }

    /// <param name="scenario">Which.</param>
    /// <param name="round">From 1; 0: the server is started and warmed up.</param>
    /// <param name="row">The server.</param>
    public void Step(Scenario scenario, int round, RowResult row)
    {
        _completed++;
        var phase = round == 0 ? "warm-up" : $"round {round}";
        var line = $"{_completed,4}/{_steps}  {time.GetElapsedTime(_startedAt):mm\\:ss}  {scenario.Name}  {phase}";
        if (isTerminal)
        {
            Clear();
            var whole = $"{line}  {row.Title}";
            output.Write(whole[..Math.Min(whole.Length, Width)]);
        }
        else if (_last != (scenario.Name, round))
        {
            output.WriteLine(line);
        }

        _last = (scenario.Name, round);
    }

    public void End() => Clear();

    private void Clear()
    {
        if (isTerminal)
            output.Write($"\r{new string(' ', Width)}\r");
    }
}
