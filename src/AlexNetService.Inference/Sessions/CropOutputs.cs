namespace AlexNetService.Inference.Sessions;

/// <summary>Where the answers to crops are written, a row a crop. Memory left empty is not asked for.</summary>
public readonly record struct CropOutputs
{
    /// <summary>Softmax of the logits, [rows,classes].</summary>
    public Memory<float> Probabilities { get; init; }

    /// <summary>Logits, [rows,classes]; needs a card that names a logits tensor.</summary>
    public Memory<float> Logits { get; init; }

    /// <summary>Feature vectors, [rows,features]; needs a card that names a features tensor.</summary>
    public Memory<float> Features { get; init; }

    /// <summary>The single kinds.</summary>
    internal static OutputKinds[] AllKinds { get; } = [OutputKinds.Probabilities, OutputKinds.Logits, OutputKinds.Features];

    internal OutputKinds Kinds =>
        (Probabilities.IsEmpty ? 0 : OutputKinds.Probabilities)
        | (Logits.IsEmpty ? 0 : OutputKinds.Logits)
        | (Features.IsEmpty ? 0 : OutputKinds.Features);

    /// <summary>The memory of a single kind.</summary>
    internal Memory<float> this[OutputKinds kind] => kind switch
    {
        OutputKinds.Probabilities => Probabilities,
        OutputKinds.Logits => Logits,
        _ => Features,
    };

    /// <summary>The same for some of the rows.</summary>
    internal CropOutputs Rows(int first, int count, ModelSession session) => new()
    {
        Probabilities = Rows(Probabilities, first, count, session.Classes),
        Logits = Rows(Logits, first, count, session.Classes),
        Features = Rows(Features, first, count, session.Features),
    };

    private static Memory<float> Rows(Memory<float> all, int first, int count, int values) =>
        all.IsEmpty ? all : all.Slice(first * values, count * values);
}

/// <summary>What a model can be asked for; single kinds, or several together.</summary>
[Flags]
public enum OutputKinds
{
    /// <summary>Softmax of the logits.</summary>
    Probabilities = 1,

    /// <summary>Logits, where the card names their tensor.</summary>
    Logits = 2,

    /// <summary>Feature vectors, where the card names their tensor.</summary>
    Features = 4,
}
