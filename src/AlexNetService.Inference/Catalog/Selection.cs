using AlexNetService.Inference.Ensembles;

namespace AlexNetService.Inference.Catalog;

/// <summary>The models that a request names: one of the three records below.</summary>
public abstract record Selection
{
    private Selection()
    {
    }

    /// <summary>All are served and fit together.</summary>
    /// <param name="Ensemble">The models.</param>
    public sealed record Found(Ensemble Ensemble) : Selection;

    /// <summary>One of them is not served.</summary>
    /// <param name="Name">Its name.</param>
    public sealed record Unknown(string Name) : Selection;

    /// <summary>All are served but cannot answer together.</summary>
    /// <param name="Reason">The cause and the remedy, a sentence.</param>
    public sealed record Mismatched(string Reason) : Selection;
}
