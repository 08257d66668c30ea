namespace AlexNetService.Inference.Sessions;

/// <summary>Where crops that wait in a queue have their answers written. Memory left empty is not asked for.</summary>
public readonly record struct CropTargets
{
    /// <summary>Softmax of the logits, [rows,classes].</summary>
    public Memory<float> Probabilities { get; init; }

    /// <summary>Logits, [rows,classes]; needs a card that names a logits tensor.</summary>
    public Memory<float> Logits { get; init; }

    /// <summary>Feature vectors, [rows,features]; needs a card that names a features tensor.</summary>
    public Memory<float> Features { get; init; }

    internal OutputKinds Kinds =>
        (Probabilities.IsEmpty ? 0 : OutputKinds.Probabilities) |
        (Logits.IsEmpty ? 0 : OutputKinds.Logits) |
        (Features.IsEmpty ? 0 : OutputKinds.Features);

    /// <summary>The same for some of the rows.</summary>
    internal CropTargets Rows(int first, int count, ModelSession session) => new()
    {
        Probabilities = Rows(Probabilities, first, count, session.Classes),
        Logits = Rows(Logits, first, count, session.Classes),
        Features = Rows(Features, first, count, session.Features),
    };

    /// <exception cref="ArgumentException">
    /// Something is asked for that the card does not name, or has room for another number of rows.
    /// </exception>
    internal void Require(ModelSession session, int rows)
    {
        if (Kinds == 0)
        {
            throw new ArgumentException("Nothing is asked for: no memory takes an answer.");
        }

        session.RequireRows(Probabilities.Length, rows, OutputKinds.Probabilities);
        session.RequireRows(Logits.Length, rows, OutputKinds.Logits);
        session.RequireRows(Features.Length, rows, OutputKinds.Features);
    }

    private static Memory<float> Rows(Memory<float> all, int first, int count, int values) =>
        all.IsEmpty ? all : all.Slice(first * values, count * values);
}
