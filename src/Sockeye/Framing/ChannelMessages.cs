using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using System.Threading.Channels;

namespace Sockeye;

/// <summary>The messages of a channel, for one call that writes them.</summary>
internal sealed class ChannelMessages<TMessage>(ChannelReader<TMessage> reader, CancellationToken cancellationToken)
    : IMessageSource<TMessage>
{
    private ExceptionDispatchInfo? _rejected;

    /// <summary>Writes messages until the channel is completed. Those that are available are sent together.</summary>
    public async ValueTask WriteAsync(MessageWriter<TMessage> writer)
    {
        while (await reader.WaitToReadAsync(cancellationToken))
        {
            await writer.WriteAsync(this, cancellationToken);
            _rejected?.Throw();
        }
    }

    public bool TryTake([MaybeNullWhen(false)] out TMessage message)
    {
        message = default;
        // After a cancellation the caller is gone, although the writer may still be waiting.
        return _rejected is null && !cancellationToken.IsCancellationRequested && reader.TryRead(out message);
    }

    public void OnRejected(Exception error) => _rejected = ExceptionDispatchInfo.Capture(error);
}
