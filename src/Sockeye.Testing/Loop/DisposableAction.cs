namespace Sockeye.Testing;

/// <summary>Runs an action when it is first disposed.</summary>
internal sealed class DisposableAction(Action action) : IDisposable
{
    private Action? _action = action;

    public void Dispose()
    {
        var action = _action;
        _action = null;
        action?.Invoke();
    }
}
