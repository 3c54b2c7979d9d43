using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Sockeye;

/// <summary>Extensions for handlers of messages whose connections move to another server
/// (<see cref="ListenOptions.UseMoving"/>).</summary>
public static class MessageConnectionMovingExtensions
{
    extension<TIn, TOut>(MessageConnection<TIn, TOut> connection)
    {
        /// <summary>Gets whether the handler continues a connection that another one has served: the greeting and the login are
        /// over.</summary>
        public bool IsContinued => connection.ConnectionBelow.IsContinued;

        /// <summary>Gets whether the connection has moved: reading has ended, and the handler returns without a
        /// farewell.</summary>
        public bool HasMoved => connection.ConnectionBelow.HasMoved;

        /// <summary>Gets the state that the handler before has saved. Empty for an accepted connection.</summary>
        public ReadOnlyMemory<byte> ContinuedState => connection.ConnectionBelow.ContinuedState;

        /// <summary>Sets the function that returns the handler's own state when the connection moves. It is called while the
        /// handler waits for a message. Has no effect on an endpoint without <c>UseMoving</c>.</summary>
        /// <param name="save">Returns the state. One that throws, or that returns more than <c>UseMoving</c> allows, keeps the
        /// connection here.</param>
        public void SaveStateBy(Func<ReadOnlyMemory<byte>> save)
        {
            ArgumentNullException.ThrowIfNull(save);
            if (connection.ConnectionBelow.Move is { } move)
                move.SaveState = save;
        }

        /// <summary>Sets the function that returns the handler's own state when the connection moves, as a message of a
        /// codec.</summary>
        /// <param name="codec">Writes the state.</param>
        /// <param name="save">Returns the state.</param>
        public void SaveStateBy<TState>(Codec<TState> codec, Func<TState> save)
        {
            ArgumentNullException.ThrowIfNull(codec);
            ArgumentNullException.ThrowIfNull(save);
            connection.SaveStateBy(() =>
            {
                var output = new ArrayBufferWriter<byte>();
                codec.Encode(save(), output);
                return output.WrittenMemory;
            });
        }

        /// <summary>Reads the state that the handler before has saved by a codec. False for an accepted connection.</summary>
        /// <param name="codec">Reads the state.</param>
        /// <param name="state">The state.</param>
        /// <exception cref="FrameException">The state breaks the codec's rules: another version of the program wrote
        /// it.</exception>
        public bool TryGetContinuedState<TState>(Codec<TState> codec, [MaybeNullWhen(false)] out TState state)
        {
            ArgumentNullException.ThrowIfNull(codec);
            state = default;
            var bytes = new ReadOnlySequence<byte>(connection.ContinuedState);
            return !bytes.IsEmpty && codec.TryDecode(ref bytes, out state);
        }
    }
}
