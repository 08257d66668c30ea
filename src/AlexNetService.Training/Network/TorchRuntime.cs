using System.Runtime.Intrinsics.X86;
using TorchSharp;

namespace AlexNetService.Training.Network;

/// <summary>
/// Process-wide settings of libtorch and the C library. Both read them when the first tensor is made, so call
/// <see cref="Prepare"/> before anything else uses torch.
/// </summary>
public static partial class TorchRuntime
{
    /// <summary>
    /// Whether this CPU has bfloat16 instructions (AVX512-BF16 or AMX-BF16; the bf16 extension of Arm). Other CPUs emulate them, correctly
    /// but slowly.
    /// </summary>
    public static bool CpuHasBfloat16 { get; } = X86Base.IsSupported ? X86HasBfloat16() : ArmHasBfloat16();

    /// <summary>Sets the number of threads per operation, 0 for one per core, and keeps freed tensor memory in the process.</summary>
    public static void Prepare(int threads = 0)
    {
        WaitPassively();

        // glibc would map and unmap every large tensor and fault its pages in again each time (measured: 13 to 45 % of a step).
        GlibcHeap.Set(GlibcHeap.MostMappings, 0);
        GlibcHeap.Set(GlibcHeap.TrimThreshold, int.MaxValue);
        torch.set_num_threads(threads > 0 ? threads : Environment.ProcessorCount);
    }

    /// <summary>Tells OpenMP, which reads it when libtorch is loaded, that threads should not spin while they wait.</summary>
    internal static void WaitPassively()
    {
        if (OperatingSystem.IsLinux())
        {
            // Spinning threads take cores from other threads (measured: a tenth of the speed on a busy machine).
            _ = SetEnvironment("OMP_WAIT_POLICY", "PASSIVE", overwrite: 0);
        }
    }

    // Intel's manual, CPUID leaf 7: AVX512_BF16 is bit 5 of EAX of subleaf 1, AMX-BF16 bit 22 of EDX of subleaf 0.
    private static bool X86HasBfloat16() =>
        X86Base.CpuId(0, 0).Eax >= 7 && ((X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0 || (X86Base.CpuId(7, 0).Edx & (1 << 22)) != 0);

    private static bool ArmHasBfloat16() => OperatingSystem.IsMacOS()
        || (File.Exists("/proc/cpuinfo") && File.ReadLines("/proc/cpuinfo").Any(line =>
            line.StartsWith("Features", StringComparison.Ordinal) && line.Split(' ').Contains("bf16")));

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
