namespace AlexNetService.Client;

/// <summary>How to classify. What is not set is left to the service.</summary>
public sealed record ClassifyOptions
{
    /// <summary>How many classes to return; the service's default is five.</summary>
    public int? Top { get; init; }

    /// <summary>Crops to average, 1 or 10; the service's default is ten.</summary>
    public int? Crops { get; init; }

    /// <summary>Names of models and ensembles; empty for those that answer by default.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Whether each model's own classes are returned too.</summary>
    public bool Detail { get; init; }

    /// <summary>How often a confident answer must be right, 0 to 1; the service's default is 0.9.</summary>
    public double? MinConfidence { get; init; }
}

/// <summary>What to explain. What is not set is left to the service.</summary>
public sealed record ExplainOptions
{
    /// <summary>Id, name or index of the class; null for the most probable one.</summary>
    public string? Class { get; init; }

    /// <summary>Crops to average, 1 or 10; the service's default is ten.</summary>
    public int? Crops { get; init; }

    /// <summary>Names of models and ensembles; empty for those that answer by default.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Side of the covering square, in pixels of the canvas; null for a fifth of the canvas.</summary>
    public int? Window { get; init; }

    /// <summary>Pixels from one place to the next; null for about 150 places.</summary>
    public int? Stride { get; init; }
}
