/** Of the file in the folder of a store that holds its header. */
export const headerFileName = 'header.kw';
