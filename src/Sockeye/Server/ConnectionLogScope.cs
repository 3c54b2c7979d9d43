using System.Collections;

namespace Sockeye;

/// <summary>The scope of the log lines that a handler writes by the logger factory of its server: they have the id of the
/// connection, under the name that ASP.NET Core uses.</summary>
internal sealed class ConnectionLogScope(string connectionId) : IReadOnlyList<KeyValuePair<string, object?>>
{
    public int Count => 1;

    public KeyValuePair<string, object?> this[int index] => index == 0
        ? new("ConnectionId", connectionId)
        : throw new ArgumentOutOfRangeException(nameof(index));

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        yield return this[0];
    }

    public override string ToString() => $"ConnectionId:{connectionId}";

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
