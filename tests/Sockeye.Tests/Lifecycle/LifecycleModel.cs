using static Sockeye.LifecycleState;

namespace Sockeye.Tests.Lifecycle;

/// <summary>The naive model of a connection's end: independent facts instead of states.</summary>
internal sealed class LifecycleModel
{
    private bool _finReceived;
    private bool _receiveFailed;
    private bool _resetFound;
    private bool _outputEnded;
    private bool _isFinWithheld;
    private bool _isOwned;
    private bool _hasOwner;
    private bool _isEnding;
    private bool _resets;
    private bool _isClosing;
    private bool _isClosed;
    private bool _isFreezing;
    private bool _isFrozen;
    private bool _moves;
    private int _finsSent;
    private int _closes;
    private int _notifications;

    public void Apply(LifecycleEvent e, LifecycleActions actions)
    {
        _finsSent += actions.HasFlag(LifecycleActions.SendFin) ? 1 : 0;
        _closes += actions.HasFlag(LifecycleActions.Close) ? 1 : 0;
        _notifications += actions.HasFlag(LifecycleActions.NotifyClosed) ? 1 : 0;
        switch (e)
        {
            case LifecycleEvent.OwnerTaken:
                (_hasOwner, _isOwned) = (true, true);
                break;
            case LifecycleEvent.OwnerReleased:
                (_hasOwner, _isOwned, _isFinWithheld) = (false, false, false);
                break;
            case LifecycleEvent.FinDue when _isFinWithheld:
                (_isOwned, _isFinWithheld) = (false, false);
                break;
            case LifecycleEvent.Closing when _isEnding && !_isClosing:
                (_isClosing, _outputEnded, _isFinWithheld, _receiveFailed) = (true, true, false, _receiveFailed || !_finReceived);
                break;
            case LifecycleEvent.Closed when _isClosing:
                _isClosed = true;
                break;
            case LifecycleEvent.FinReceived or LifecycleEvent.ReceiveFailed or LifecycleEvent.SendFoundReset
                or LifecycleEvent.SendFailed or LifecycleEvent.OutputSent or LifecycleEvent.CloseRequested
                or LifecycleEvent.ResetRequested when !_isEnding && !_isFrozen:
                ApplyWhileOpen(e);
                break;
            case LifecycleEvent.FreezeRequested when CanFreeze && !_isEnding && !_isFrozen:
                _isFreezing = true;
                break;
            case LifecycleEvent.Frozen when CanFreeze && _isFreezing && !_isEnding:
                (_isFreezing, _isFrozen) = (false, true);
                break;
            case LifecycleEvent.Thawed when !_isEnding:
                (_isFreezing, _isFrozen) = (false, false);
                break;
            case LifecycleEvent.Moved when _isFrozen:
                (_isFrozen, _isEnding, _moves) = (false, true, true);
                break;
            default:
                break;
        }
    }

    private bool CanFreeze => !_receiveFailed && !_resetFound && !_outputEnded && !_isFinWithheld;

    public void AssertEquals(LifecycleState state)
    {
        var isStill = _isFrozen || (_isFreezing && !_isEnding) || (_moves && !_isClosing);
        Assert.Equal(isStill, state.IsStill);
        Assert.Equal(!_finReceived && !_receiveFailed && !_isEnding && !isStill, state.CanReceive);
        Assert.Equal(!_outputEnded && !isStill, state.CanSend);
        Assert.Equal(_moves && !_isClosed, state.Moves);
        Assert.Equal(_isFinWithheld, state.Output is OutputState.FinWithheld);
        Assert.Equal(_hasOwner, state.Owner is not OwnerState.None);
        Assert.Equal(_isEnding, state.IsEnding);
        Assert.Equal(_isClosed, state.End is EndState.Closed);
        Assert.Equal(_resets && !_isClosed, state.Resets);
        Assert.True(_finsSent <= 1, "FIN is sent once.");
        Assert.Equal(_isEnding ? 1 : 0, _closes);
        Assert.Equal(_isClosed ? 1 : 0, _notifications);
    }

    private void ApplyWhileOpen(LifecycleEvent e)
    {
        switch (e)
        {
            case LifecycleEvent.FinReceived when _resetFound:
            case LifecycleEvent.ReceiveFailed:
                (_receiveFailed, _isEnding, _resets) = (!_finReceived || _receiveFailed, true, true);
                break;
            case LifecycleEvent.FinReceived:
                _finReceived = true;
                break;
            case LifecycleEvent.SendFoundReset:
                (_resetFound, _outputEnded, _isFinWithheld) = (!_finReceived, true, false);
                break;
            case LifecycleEvent.OutputSent:
                _isFinWithheld |= _isOwned && !_outputEnded;
                _outputEnded |= !_isOwned;
                break;
            default:
                (_isEnding, _resets) = (true, e is not LifecycleEvent.CloseRequested);
                break;
        }

        // Both directions have ended in order.
        _isEnding |= _finReceived && _outputEnded;
    }
}
