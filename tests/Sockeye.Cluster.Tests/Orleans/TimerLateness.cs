namespace Sockeye.Clustering.Tests.Orleans;

/// <summary>Measures by how much the timers of this machine are late: a limit on real time holds on a machine that is not
/// overloaded.</summary>
internal sealed class TimerLateness : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _ended = new();
    private readonly Task _measuring;
    private TimeSpan _longest;

    public TimerLateness() => _measuring = Task.Run(MeasureAsync);

    /// <summary>Ends the measurement.</summary>
    /// <returns>The longest time by which a timer was late.</returns>
    public async Task<TimeSpan> EndAsync()
    {
        await _ended.CancelAsync();
        await _measuring;
        return _longest;
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _ended.Dispose();
    }

    private async Task MeasureAsync()
    {
        while (!_ended.IsCancellationRequested)
        {
            var begun = TimeProvider.System.GetTimestamp();
            await Task.Delay(Step, TimeProvider.System, CancellationToken.None);
            var late = TimeProvider.System.GetElapsedTime(begun) - Step;
            if (late > _longest)
                _longest = late;
        }
    }
}
