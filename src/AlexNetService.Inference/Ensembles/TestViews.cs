namespace AlexNetService.Inference.Ensembles;

/// <summary>Which crops of a canvas are averaged; the value is their number.</summary>
public enum TestViews
{
    /// <summary>The centre crop.</summary>
    Centre = 1,

    /// <summary>Four corners, the centre, and their mirrors (Krizhevsky 2012 §4.1).</summary>
    Ten = 10,
}
