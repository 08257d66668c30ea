using AlexNetService.Inference.Ensembles;

namespace AlexNetService.Inference.Catalog;

/// <summary>The models that a request names: one of the three records below.</summary>
public abstract record Selection
{
    private Selection()
    {
    }

    /// <summary>They are here and fit together.</summary>
    /// <param name="Ensemble">They.</param>
    public sealed record Found(Ensemble Ensemble) : Selection;

    /// <summary>One of them is not served.</summary>
    /// <param name="Name">Its name.</param>
    public sealed record Unknown(string Name) : Selection;

    /// <summary>They are here and cannot answer together.</summary>
    /// <param name="Reason">Why and what to do, a sentence.</param>
    public sealed record Mismatched(string Reason) : Selection;
}
