using System.Diagnostics;

namespace Sockeye;

/// <summary>The time since bytes were transferred in one direction, as polls find it: never too long.</summary>
/// <param name="bytes">The count of the direction at the start.</param>
/// <param name="activeAt">The time of its last transfer, from the start of the connection.</param>
internal struct DirectionClock(long bytes, TimeSpan activeAt)
{
    private long _bytes = bytes;
    private TimeSpan _activeAt = activeAt;

    /// <summary>Returns the time for which the direction has been idle.</summary>
    /// <param name="bytes">The count of the direction.</param>
    /// <param name="clock">The time that counts, from the start of the connection.</param>
    /// <param name="connectionIdle">The time since a transfer in either direction.</param>
    public TimeSpan GetIdleTime(long bytes, TimeSpan clock, TimeSpan connectionIdle)
    {
        Debug.Assert(bytes >= _bytes, "The counts of a connection only grow.");
        if (bytes != _bytes)
        {
            // The transfer of this direction was not after the last one of the connection.
            var active = clock - connectionIdle;
            (_bytes, _activeAt) = (bytes, active > _activeAt ? active : _activeAt);
        }

        return clock - _activeAt;
    }
}
