using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>A client's connection that is recorded: it tells when its user is done with it.</summary>
internal sealed class RecordedClientConnection(ConnectionContext inner, Recording recording) : WrappingConnection(inner)
{
    protected override ValueTask BeforeDisposeAsync()
    {
        recording.OnUserDone(isBroken: false);
        return default;
    }
}
