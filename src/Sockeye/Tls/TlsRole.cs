namespace Sockeye;

/// <summary>The side of TLS that this process has.</summary>
internal enum TlsRole
{
    Server,
    Client,
}
