namespace AlexNetService.ModelSpec.Architecture;

/// <summary>The shape of one picture's activations between two layers.</summary>
/// <param name="Maps">Maps (or units, when height and width are 1) of the whole network.</param>
/// <param name="Height">Rows of a map.</param>
/// <param name="Width">Columns of a map.</param>
public readonly record struct Shape(int Maps, int Height, int Width)
{
    /// <summary>Number of values.</summary>
    public int Values => Maps * Height * Width;

    /// <summary><c>96×55×55</c>, or <c>4096</c> for a dense layer.</summary>
    public override string ToString() => Height == 1 && Width == 1 ? $"{Maps}" : $"{Maps}×{Height}×{Width}";
}
