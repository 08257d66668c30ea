namespace AlexNetService.Inference.Catalog;

/// <summary>The state of a model.</summary>
/// <param name="Version">The version that is served, or null.</param>
/// <param name="Versions">The versions in memory, newest first: the served one and those that requests under way still use.</param>
/// <param name="Loading">Whether a version is being opened now.</param>
/// <param name="RefusedVersion">The version whose load was refused last; null where it was not.</param>
/// <param name="Reason">Why it was refused, a sentence; null where it was not.</param>
public sealed record ModelState(
    string Name, ModelPhase Phase, int? Version, IReadOnlyList<int> Versions, bool Loading, int? RefusedVersion, string? Reason)
{
    /// <summary>Whether another version is served than the one that was wanted last.</summary>
    public bool IsDegraded => Version is not null && RefusedVersion is not null;
}

/// <summary>Whether requests can use a model.</summary>
public enum ModelPhase
{
    /// <summary>It is loaded, verified and warm.</summary>
    Ready,

    /// <summary>It is being opened for the first time.</summary>
    Loading,

    /// <summary>It was unloaded; requests under way still use it.</summary>
    Draining,

    /// <summary>It is not in memory.</summary>
    Unavailable,
}
