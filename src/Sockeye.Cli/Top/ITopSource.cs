namespace Sockeye.Cli;

/// <summary>A source of connections: the machine, or a server.</summary>
internal interface ITopSource : IDisposable
{
    /// <summary>Gets the columns, in the order on the screen.</summary>
    IReadOnlyList<TopColumn> Columns { get; }

    /// <summary>Gets the column by which the rows are sorted at the start.</summary>
    string DefaultSort { get; }

    /// <summary>Whether <see cref="CloseAsync"/> can close a connection.</summary>
    bool CanClose { get; }

    /// <summary>Takes a new snapshot.</summary>
    /// <exception cref="TopSourceException">The source does not answer.</exception>
    ValueTask RefreshAsync(CancellationToken cancellationToken);

    /// <summary>Returns a part of the last snapshot.</summary>
    /// <exception cref="TopSourceException">The source does not answer.</exception>
    ValueTask<TopSnapshot> QueryAsync(TopQuery query, CancellationToken cancellationToken);

    /// <summary>Closes a connection with a reason.</summary>
    /// <exception cref="TopSourceException">The source refuses it.</exception>
    ValueTask CloseAsync(TopRow row, string reason, CancellationToken cancellationToken);
}

/// <summary>A source does not answer, or refuses. The message is a sentence without a full stop.</summary>
internal sealed class TopSourceException(string message, Exception? inner = null) : IOException(message, inner);
