namespace AlexNetService.Onnx.Quantized;

/// <summary>The values of a tensor that 8 bits are spread over; what lies outside is clipped to the nearest end.</summary>
/// <param name="Low">Lowest value; at most 0, because padding must be exact.</param>
/// <param name="High">Highest value; at least 0.</param>
public readonly record struct TensorRange(float Low, float High)
{
    private const int Steps = 255;

    /// <summary>Value of one step.</summary>
    internal float Scale => High > Low ? (High - Low) / Steps : 1;

    /// <summary>The byte that means 0.</summary>
    internal byte ZeroPoint => (byte)Math.Clamp(MathF.Round(-Low / Scale), 0, Steps);
}
