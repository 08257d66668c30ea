namespace AlexNetService.Onnx;

/// <summary>How local response normalisation stands in a graph. Both compute the same, inside each column.</summary>
public enum NormalisationForm
{
    /// <summary>x / (√s · √√s) with s = k + α·(banded 1×1 Conv of x²): what packages hold, being several times faster on a CPU.</summary>
    Decomposed,

    /// <summary>The operator <c>LRN</c>, which other exporters write: for comparisons.</summary>
    Operator,
}
