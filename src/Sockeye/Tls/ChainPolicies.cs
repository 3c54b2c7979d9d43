using System.Security.Cryptography.X509Certificates;

namespace Sockeye;

/// <summary>Creates the policies that validate chains of certificates.</summary>
internal static class ChainPolicies
{
    /// <summary>Creates a policy that trusts these authorities instead of those of the system.</summary>
    public static X509ChainPolicy CreateTrusting(X509Certificate2Collection authorities, X509RevocationMode revocation)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = revocation,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    /// <summary>
    /// Returns the policy with the time of the given clock, or the policy itself if that is the clock of the system.
    /// </summary>
    public static X509ChainPolicy? WithTime(TimeProvider time, X509ChainPolicy? policy, X509RevocationMode revocation)
    {
        if (time == TimeProvider.System)
            return policy;
        var judged = policy?.Clone() ?? new() { RevocationMode = revocation, RevocationFlag = X509RevocationFlag.ExcludeRoot };
        judged.VerificationTime = time.GetUtcNow().LocalDateTime;
        return judged;
    }
}
