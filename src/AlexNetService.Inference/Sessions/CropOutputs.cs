namespace AlexNetService.Inference.Sessions;

/// <summary>Where a run writes what it found. A span left empty is not asked for.</summary>
public readonly ref struct CropOutputs
{
    /// <summary>Softmax of the logits, [count,classes].</summary>
    public Span<float> Probabilities { get; init; }

    /// <summary>Logits, [count,classes]; needs a card that names a logits tensor.</summary>
    public Span<float> Logits { get; init; }

    /// <summary>Feature vectors, [count,features]; needs a card that names a features tensor.</summary>
    public Span<float> Features { get; init; }

    internal OutputKinds Kinds =>
        (Probabilities.IsEmpty ? 0 : OutputKinds.Probabilities) |
        (Logits.IsEmpty ? 0 : OutputKinds.Logits) |
        (Features.IsEmpty ? 0 : OutputKinds.Features);

    internal Span<float> this[OutputKinds kind] => kind switch
    {
        OutputKinds.Probabilities => Probabilities,
        OutputKinds.Logits => Logits,
        _ => Features,
    };
}

/// <summary>What a run can be asked for; single bits, or several together.</summary>
[Flags]
internal enum OutputKinds
{
    Probabilities = 1,
    Logits = 2,
    Features = 4,

    /// <summary>What a trunk hands to the rest; never asked for by a caller.</summary>
    Maps = 8,
}
