using System.Diagnostics;

namespace Sockeye.Clustering.Tests.Support;

/// <summary>Listens to the activities of clusters until it is disposed. The process may have others, of tests at the same
/// time: each test looks at its own traces.</summary>
internal sealed class Traces : IDisposable
{
    private static int _count;

    private readonly Lock _lock = new();
    private readonly List<Activity> _ended = [];
    private readonly ActivitySource _source = new($"test {Interlocked.Increment(ref _count)}");
    private readonly ActivityListener _listener;

    public Traces()
    {
        _listener = new()
        {
            ShouldListenTo = source => source.Name is "Sockeye.Cluster" || source == _source,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                lock (_lock)
                    _ended.Add(activity);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>Starts the root of a trace, as the program around a send does.</summary>
    public Activity Start() => _source.StartActivity("send", ActivityKind.Internal, parentContext: default)!;

    /// <summary>The other activities of a trace that have ended.</summary>
    public IReadOnlyList<Activity> Of(Activity root)
    {
        lock (_lock)
            return [.. _ended.Where(activity => activity.TraceId == root.TraceId && activity != root)];
    }

    public void Dispose()
    {
        _listener.Dispose();
        _source.Dispose();
    }
}
