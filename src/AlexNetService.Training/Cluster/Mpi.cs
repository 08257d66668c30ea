using System.Runtime.CompilerServices;

namespace AlexNetService.Training.Cluster;

/// <summary>
/// The functions of Open MPI 4 (MPI 3.1, https://www.mpi-forum.org/docs/mpi-3.1/) that <see cref="Ranks"/> calls. Its handles are addresses
/// of the library's symbols. The library is loaded by the first call. An error inside MPI ends all ranks: that is MPI's default handler.
/// </summary>
internal static unsafe partial class Mpi
{
    /// <summary>The file of Open MPI 4 and 5 on Linux (Debian: libopenmpi3).</summary>
    public const string Library = "libmpi.so.40";

    /// <summary>Only the thread that initialises MPI calls it.</summary>
    public const int ThreadFunneled = 1;

    /// <summary>Address of a predefined handle, such as <c>ompi_mpi_comm_world</c>.</summary>
    public static nint Handle(string symbol) => NativeLibrary.GetExport(NativeLibrary.Load(Library), symbol);

    [LibraryImport(Library, EntryPoint = "MPI_Init_thread")]
    public static partial int InitThread(nint argc, nint argv, int required, out int provided);

    [LibraryImport(Library, EntryPoint = "MPI_Comm_rank")]
    public static partial int CommRank(nint communicator, out int rank);

    [LibraryImport(Library, EntryPoint = "MPI_Comm_size")]
    public static partial int CommSize(nint communicator, out int size);

    [LibraryImport(Library, EntryPoint = "MPI_Iallreduce")]
    public static partial int AllReduce(void* sent, void* received, int count, nint type, nint op, nint communicator, out nint request);

    [LibraryImport(Library, EntryPoint = "MPI_Ibcast")]
    public static partial int Broadcast(void* buffer, int count, nint type, int root, nint communicator, out nint request);

    [LibraryImport(Library, EntryPoint = "MPI_Isend")]
    public static partial int Send(void* buffer, int count, nint type, int target, int tag, nint communicator, out nint request);

    [LibraryImport(Library, EntryPoint = "MPI_Irecv")]
    public static partial int Receive(void* buffer, int count, nint type, int source, int tag, nint communicator, out nint request);

    /// <summary>Advances all communication, and says whether a request is done; <paramref name="status"/> is 0 to ignore it.</summary>
    [LibraryImport(Library, EntryPoint = "MPI_Test")]
    public static partial int Test(ref nint request, out int done, nint status);

    [LibraryImport(Library, EntryPoint = "MPI_Op_create")]
    public static partial int OpCreate(delegate* unmanaged[Cdecl]<ushort*, ushort*, int*, nint*, void> add, int commutes, out nint op);

    [LibraryImport(Library, EntryPoint = "MPI_Abort")]
    public static partial int Abort(nint communicator, int code);

    [LibraryImport(Library, EntryPoint = "MPI_Finalize")]
    public static partial int Finish();

    /// <summary>An operation that adds bfloat16 numbers: the sum of two is rounded to the nearest bfloat16.</summary>
    public static nint BrainFloatSum()
    {
        _ = OpCreate(&AddBrainFloats, commutes: 1, out var op);
        return op;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void AddBrainFloats(ushort* other, ushort* sum, int* count, nint* type)
    {
        BrainFloat.Add(new ReadOnlySpan<ushort>(other, *count), new Span<ushort>(sum, *count));
    }
}
