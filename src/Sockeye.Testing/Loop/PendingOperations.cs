namespace Sockeye.Testing;

/// <summary>Describes what a run waits for, which explains why it is stuck.</summary>
internal sealed class PendingOperations
{
    private const int MaxNamed = 20;

    private readonly Dictionary<long, Func<string>> _waiting = [];
    private long _next;

    /// <summary>Adds a wait until the result is disposed. Its description is requested only when a run is stuck.</summary>
    public Wait Add(Func<string> description)
    {
        var id = _next++;
        _waiting.Add(id, description);
        return new(this, id);
    }

    public string Describe()
    {
        if (_waiting.Count == 0)
            return "no operation of the network is waiting; the test awaits something that nothing in the run will complete.";
        var named = _waiting.OrderBy(wait => wait.Key).Take(MaxNamed).Select(wait => $"{Environment.NewLine}  {wait.Value()}");
        var more = _waiting.Count > MaxNamed ? $"{Environment.NewLine}  and {_waiting.Count - MaxNamed} more" : "";
        return $"{_waiting.Count} {(_waiting.Count == 1 ? "task waits" : "tasks wait")} on{string.Concat(named)}{more}";
    }

    internal readonly struct Wait(PendingOperations pending, long id) : IDisposable
    {
        public void Dispose() => pending._waiting.Remove(id);
    }
}
